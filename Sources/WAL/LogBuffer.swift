internal import Platform

/// Frames on their way to disk: one buffer takes appends while the other is written.
// Unchecked: the front (under its lock) and the writer hand it to each other; one has it at a time.
final class LogBuffer: @unchecked Sendable {
    private(set) var bytes: UnsafeMutableRawBufferPointer
    private(set) var count = 0
    /// Where the first frame that is not yet written begins.
    var written = 0

    init(capacity: Int) {
        bytes = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { bytes.deallocate() }

    var isDrained: Bool { written == count }

    /// Room for `more` bytes at the end; nil when the buffer would outgrow `limit`.
    func extend(by more: Int, limit: Int) -> UnsafeMutableRawBufferPointer? {
        let needed = count + more
        if needed > bytes.count {
            guard needed <= limit else { return nil }
            grow(to: min(limit, max(needed, bytes.count * 2)))
        }
        defer { count = needed }
        return UnsafeMutableRawBufferPointer(rebasing: bytes[count..<needed])
    }

    private func grow(to capacity: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[0..<count]))
        bytes.deallocate()
        bytes = larger
    }

    func reset() {
        count = 0
        written = 0
    }
}
