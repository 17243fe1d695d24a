internal import Model
internal import Platform

/// Writes batches to the current segment: one `write`, one `datasync` each, never two at a time.
/// That order is what lets a reader tell a torn tail from damage: a frame of a later batch proves
/// that everything before its batch was durable.
// Unchecked: one thread, the writer's, calls it.
final class SegmentWriter: @unchecked Sendable {
    private let directory: LogDirectory
    private let time: any TimeSource
    private let maxBatchBytes: Int
    private var file: any File
    private var info: SegmentInfo
    private var salt: UInt32
    private var offset: Int
    private var headerPending: Bool
    /// The number of the next frame to be written.
    private(set) var next: LSN
    let meters = LogMeters()

    /// Goes on at `offset` of a segment; `headerPending` when it has not even a header.
    init(
        directory: LogDirectory, time: any TimeSource, maxBatchBytes: Int, info: SegmentInfo,
        offset: Int, next: LSN, headerPending: Bool
    ) throws(RepriseError) {
        self.directory = directory
        self.time = time
        self.maxBatchBytes = maxBatchBytes
        self.info = info
        self.offset = offset
        self.next = next
        self.headerPending = headerPending
        salt = Format.salt(identity: directory.identity, index: info.index)
        file = try directory.openSegment(info.index, .readWrite)
    }

    /// True when the next frame of the buffer still goes to the current segment.
    func fits(_ buffer: LogBuffer) -> Bool {
        let frame = Frame.length(UnsafeRawBufferPointer(buffer.bytes), at: buffer.written)
        return offset + frame <= info.capacity
    }

    func rotate(to spare: Spare) throws(RepriseError) {
        file = try directory.openSegment(spare.index, .readWrite)
        info = SegmentInfo(index: spare.index, base: next, capacity: spare.capacity)
        salt = Format.salt(identity: directory.identity, index: info.index)
        offset = Format.headerBytes
        headerPending = true
    }

    /// Writes the next batch of the buffer and returns the number of its last frame, which is
    /// durable now. After an error the segment's tail is in doubt: nothing more may be written.
    func writeBatch(_ buffer: LogBuffer) throws(RepriseError) -> LSN {
        let batch = seal(buffer)
        let began = time.monotonicNanoseconds()
        if headerPending { try writeHeader() }
        try file.write(
            UnsafeRawBufferPointer(buffer.bytes).slice(at: buffer.written, count: batch.bytes),
            at: offset)
        try file.datasync()
        meters.note(
            frames: batch.frames, bytes: batch.bytes,
            nanoseconds: time.monotonicNanoseconds() &- began)
        headerPending = false
        offset += batch.bytes
        buffer.written += batch.bytes
        next = LSN(next.rawValue + UInt64(batch.frames))
        return LSN(next.rawValue - 1)
    }

    /// Completes the frames that go into one batch: as many as the batch's bounds and the segment
    /// take, at least one.
    private func seal(_ buffer: LogBuffer) -> (bytes: Int, frames: Int) {
        let room = min(maxBatchBytes, info.capacity - offset)
        var bytes = 0
        var frames = 0
        while buffer.written + bytes < buffer.count, frames < Format.maxBatchFrames {
            let start = buffer.written + bytes
            let length = Frame.length(UnsafeRawBufferPointer(buffer.bytes), at: start)
            guard bytes + length <= room else { break }
            Frame.seal(
                UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[start..<(start + length)]),
                relative: UInt32(truncatingIfNeeded: next.rawValue - info.base.rawValue)
                    &+ UInt32(frames),
                batchIndex: UInt16(frames), salt: salt)
            bytes += length
            frames += 1
        }
        return (bytes, frames)
    }

    private func writeHeader() throws(RepriseError) {
        let header = SegmentHeader(
            identity: directory.identity, index: info.index, base: info.base, created: time.now())
        try file.writeHeader(header)
    }
}

extension File {
    func writeHeader(_ header: SegmentHeader) throws(RepriseError) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Format.headerBytes, alignment: 8)
        defer { bytes.deallocate() }
        header.encode(into: bytes)
        try write(UnsafeRawBufferPointer(bytes), at: 0)
    }
}
