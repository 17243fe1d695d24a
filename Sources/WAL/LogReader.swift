package import Model
internal import Platform
internal import Synchronization

/// Reads durable frames in order from the segment files, in large pieces; for one thread at a time.
/// What it has not delivered yet must not be retired.
// Not Sendable: made for, and moved to, one thread.
package final class LogReader {
    private let driver: LogDriver
    /// The number of the next frame that it delivers.
    package private(set) var next: LSN
    private var file: (any File)?
    private var segment: SegmentInfo?
    private var salt: UInt32 = 0
    private var offset = 0
    private var number: LSN = .zero
    private var memory: UnsafeMutableRawBufferPointer

    init(_ driver: LogDriver, from: LSN) {
        self.driver = driver
        next = max(from, LSN(1))
        memory = .allocate(byteCount: LogReader.firstPiece, alignment: 64)
    }

    private static let firstPiece = 32 << 10
    private static let lastPiece = 1 << 20

    deinit { memory.deallocate() }

    /// Calls `body` with durable frames from `next` on, until frames of `maxBytes` were delivered, no
    /// more are durable, or `body` returns false (that frame counts as delivered). The bytes are valid
    /// during the call. Returns how many frames it delivered; 0: wait for `onDurable`.
    ///
    /// Throws `notFound` for frames that were retired, `journalDamaged`, `journalIO`.
    @discardableResult
    package func next(
        maxBytes: Int, _ body: (LSN, _ kind: UInt8, UnsafeRawBufferPointer) -> Bool
    ) throws(RepriseError) -> Int {
        let durable = driver.waiters.durable
        var delivered = 0
        var bytes = 0
        // A reader at the tail mostly finds little; one that is behind soon reads large pieces.
        var wanted = LogReader.firstPiece
        while next <= durable, bytes < maxBytes {
            if file == nil { try openSegment() }
            guard let file, let segment else { break }
            let end = min(durable.next, currentEnd(segment) ?? durable.next)
            if number >= end {
                moveOn(from: segment)
                continue
            }
            let chunk = try read(file, min(wanted, segment.capacity - offset))
            var at = 0
            while next <= durable, bytes < maxBytes, number < end {
                guard let frame = Frame.read(chunk, at: at, salt: salt) else {
                    // It is longer than the piece, or destroyed.
                    if at == 0, chunk.count < wanted || wanted >= Format.maxBatchBytes {
                        throw damaged(segment)
                    }
                    break
                }
                guard segment.base + frame.relative == number else { throw damaged(segment) }
                let payload = chunk.slice(
                    at: at + Format.frameHeaderBytes, count: frame.payloadBytes)
                at += frame.bytes
                let lsn = number
                number = number.next
                if lsn < next { continue }
                next = number
                delivered += 1
                bytes += frame.bytes
                if !body(lsn, frame.kind, payload) {
                    offset += at
                    return delivered
                }
            }
            offset += at
            wanted = min(wanted * 4, at == 0 ? Format.maxBatchBytes : LogReader.lastPiece)
        }
        return delivered
    }

    private func openSegment() throws(RepriseError) {
        let found = driver.front.withLock { front in
            front.segments.last { $0.base <= next }
        }
        guard let found else {
            throw RepriseError(
                .notFound, "Frame \(next) of the journal was retired before it was read.")
        }
        file = try driver.directory.openSegment(found.index, .read)
        segment = found
        salt = Format.salt(identity: driver.directory.identity, index: found.index)
        offset = Format.headerBytes
        number = found.base
    }

    /// The number after the last frame of the segment; nil while the writer still adds to it. A
    /// segment that is gone was retired: all of it has been delivered.
    private func currentEnd(_ segment: SegmentInfo) -> LSN? {
        if let end = segment.end { return end }
        let now = driver.front.withLock { front in
            front.segments.first { $0.index == segment.index }
        }
        guard let now else { return number }
        self.segment = now
        return now.end
    }

    /// Everything in the segment is read: on to the one after it, which begins later than this one
    /// ends where a repair left numbers out.
    private func moveOn(from segment: SegmentInfo) {
        let following = driver.front.withLock { front in
            let place = front.segments.firstIndex { $0.index == segment.index }
            return place.flatMap { $0 + 1 < front.segments.count ? front.segments[$0 + 1] : nil }
        }
        if let following { next = max(next, following.base) }
        file = nil
    }

    private func read(_ file: any File, _ count: Int) throws(RepriseError) -> UnsafeRawBufferPointer
    {
        if memory.count < count {
            memory.deallocate()
            memory = .allocate(byteCount: count, alignment: 64)
        }
        let got = try file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: memory[0..<count]), at: offset)
        return UnsafeRawBufferPointer(rebasing: memory[0..<got])
    }

    private func damaged(_ segment: SegmentInfo) -> RepriseError {
        LogReport.Damage(
            file: Format.segmentName(segment.index), offset: offset,
            lost: number.rawValue..<number.rawValue + 1,
            detail: "a durable frame cannot be read back"
        ).error
    }
}
