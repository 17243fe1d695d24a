package import Model

/// How far Kafka had the journal at a moment: what a `mirrored` frame holds, as two 8-byte
/// little-endian numbers.
package struct MirrorPosition: Sendable, Hashable {
    /// The last log sequence number that Kafka has acknowledged, with everything before it.
    package var sequence: UInt64
    /// When that was known here, by the wall clock.
    package var time: Timestamp

    package static let size = 16

    package init(sequence: UInt64, time: Timestamp) {
        self.sequence = sequence
        self.time = time
    }

    package init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count == MirrorPosition.size else { return nil }
        sequence = UInt64(littleEndian: payload.loadUnaligned(as: UInt64.self))
        time = Timestamp(
            milliseconds: Int64(
                littleEndian: payload.loadUnaligned(fromByteOffset: 8, as: Int64.self)))
    }

    package func write(to buffer: UnsafeMutableRawBufferPointer) {
        buffer.storeBytes(of: sequence.littleEndian, as: UInt64.self)
        buffer.storeBytes(
            of: time.milliseconds.littleEndian, toByteOffset: 8, as: Int64.self)
    }
}
