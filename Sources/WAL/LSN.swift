/// A log sequence number: the place of a frame in the journal. The first is 1; it grows by one with
/// each frame and is never used twice, not even after a repair (which may leave a gap).
package struct LSN: Hashable, Comparable, Sendable {
    package var rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Before the first frame.
    package static let zero = LSN(0)

    package var next: LSN { LSN(rawValue + 1) }

    package static func < (left: LSN, right: LSN) -> Bool { left.rawValue < right.rawValue }
}

extension LSN: CustomStringConvertible {
    package var description: String { String(rawValue) }
}
