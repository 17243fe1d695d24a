internal import Model
internal import Platform

/// Writes frames that keep their numbers into new segments under temporary names.
final class FrameCopy {
    private let directory: LogDirectory
    private let options: LogOptions
    private let time: any TimeSource
    private var index: UInt64
    private var base: LSN?
    private var next: LSN?
    /// The number after the last frame of the segments closed so far.
    private var follows: LSN?
    private var bytes: [UInt8] = []
    private(set) var frames: UInt64 = 0

    init(directory: LogDirectory, options: LogOptions, time: any TimeSource, index: UInt64) {
        self.directory = directory
        self.options = options
        self.time = time
        self.index = index
    }

    func add(_ place: FramePlace, _ payload: UnsafeRawBufferPointer) throws(RepriseError) {
        // Two damaged segments can claim the same numbers; the first one has them.
        if let next, place.lsn < next { return }
        let length = Format.frameHeaderBytes + payload.count
        if next != place.lsn || bytes.count + length > options.segmentBytes { try closeSegment() }
        let start = base ?? place.lsn
        base = start
        var frame = [UInt8](repeating: 0, count: length)
        let salt = Format.salt(identity: directory.identity, index: index)
        frame.withUnsafeMutableBytes { frame in
            Frame.begin(frame, kind: place.kind, payloadBytes: payload.count)
            UnsafeMutableRawBufferPointer(rebasing: frame[Format.frameHeaderBytes...])
                .copyMemory(from: payload)
            Frame.seal(
                frame, relative: UInt32(truncatingIfNeeded: place.lsn.rawValue - start.rawValue),
                batchIndex: 0, salt: salt)
        }
        if bytes.isEmpty { bytes = [UInt8](repeating: 0, count: Format.headerBytes) }
        bytes += frame
        next = place.lsn.next
        frames += 1
    }

    /// Ends the last segment and adds an empty one from which the journal goes on with `next`.
    func finish(next: LSN) throws(RepriseError) {
        try closeSegment()
        base = next
        bytes = [UInt8](repeating: 0, count: Format.headerBytes)
        try closeSegment(size: options.segmentBytes)
        try directory.sync()
    }

    private func closeSegment(size: Int = 0) throws(RepriseError) {
        guard let base else { return }
        let path = directory.path(RepairMove.temporaryName(index))
        let file = try directory.fileSystem.open(path, .create)
        if size > bytes.count { try file.writeZeros(at: 0, count: size) }
        let failure = bytes.withUnsafeBytes { bytes -> RepriseError? in
            do throws(RepriseError) {
                try file.write(bytes, at: 0)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        try file.writeHeader(
            SegmentHeader(
                identity: directory.identity, index: index, base: base, follows: follows ?? base,
                created: time.now()))
        try file.datasync()
        index += 1
        follows = next
        self.base = nil
        bytes = []
    }
}
