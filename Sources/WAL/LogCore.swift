package import Model
package import Platform

/// The log without threads and locks: what a single-threaded simulator drives, and what `Log` drives
/// from its threads. Nothing happens behind the caller's back.
package final class LogCore {
    private let access: Access
    private let writer: SegmentWriter
    private let keeper: SegmentKeeper
    private let lock: any FileLock
    /// Every frame up to this one is on disk.
    package private(set) var durable: LSN
    package let identity: UInt64
    package let tornTail: LogReport.TornTail?

    private final class Access: FrontAccess {
        var front: LogFront
        init(_ front: LogFront) { self.front = front }
        func change<T: Sendable>(_ body: (inout LogFront) -> T) -> T { body(&front) }
    }

    /// Locks the directory, creates the journal where there is none, cuts a torn tail off and calls
    /// `replay` with every frame in order. A frame that it replays is durable.
    ///
    /// Throws `journalLocked`, `journalDamaged` (nothing was changed), `journalForeignFile`,
    /// `journalVersion`, `diskFull`, `journalIO`, and what `replay` throws.
    package static func open(
        directory: String, fileSystem: any FileSystem, options: LogOptions = LogOptions(),
        time: any TimeSource = SystemTime(),
        newIdentity: UInt64 = .random(in: 1...UInt64.max),
        replay: @escaping ReplayBody = { (_, _, _) throws(RepriseError) in }
    ) throws(RepriseError) -> LogCore {
        let (lock, parts) = try openParts(
            directory: directory, fileSystem: fileSystem, options: options, time: time,
            newIdentity: newIdentity, replay: replay)
        return LogCore(lock: lock, parts: parts)
    }

    static func openParts(
        directory: String, fileSystem: any FileSystem, options: LogOptions, time: any TimeSource,
        newIdentity: UInt64, replay: @escaping ReplayBody
    ) throws(RepriseError) -> (any FileLock, LogOpening.Result) {
        try options.check()
        try fileSystem.createDirectory(directory)
        let place = LogDirectory(directory, fileSystem: fileSystem)
        let lock = try fileSystem.lock(place.path(Format.lockName))
        var opening = LogOpening(directory: place, options: options, time: time)
        let parts = try opening.open(newIdentity: newIdentity) {
            (frame, payload) throws(RepriseError) in
            try replay(frame.lsn, frame.kind, payload)
        }
        return (lock, parts)
    }

    private init(lock: any FileLock, parts: LogOpening.Result) {
        self.lock = lock
        access = Access(parts.front)
        writer = parts.writer
        keeper = parts.keeper
        durable = parts.front.appended
        identity = parts.directory.identity
        tornTail = parts.tornTail
    }

    /// The number of the last frame in the buffer, durable or not.
    package var appended: LSN { access.front.appended }

    /// Puts a frame into the buffer; `fill` gets its `size` bytes, uninitialised. Throws `diskFull`,
    /// `journalBusy` (flush or maintain first), `tooLarge`, `journalPoisoned`.
    @discardableResult
    package func append(
        kind: UInt8, size: Int, use: SpaceClass = .normal,
        fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(RepriseError) -> LSN {
        try access.front.append(kind: kind, size: size, use: use, fill: fill).lsn
    }

    /// Writes and syncs the next batch of what was appended; false when there is nothing to write.
    /// The first error poisons the log: nothing is durable after it.
    package func flushBatch() throws(RepriseError) -> Bool {
        if let refusal = access.front.refusal { throw refusal }
        if pending == nil { pending = access.front.take() }
        guard let buffer = pending else { return false }
        do throws(RepriseError) {
            if !writer.fits(buffer) {
                guard let spare = access.front.rotate(base: writer.next) else {
                    throw LogCore.noSpare
                }
                try writer.rotate(to: spare)
            }
            durable = try writer.writeBatch(buffer)
        } catch {
            throw poison(error)
        }
        if buffer.isDrained {
            access.front.giveBack(buffer)
            pending = nil
        }
        return true
    }

    private var pending: LogBuffer?

    /// Everything appended is on disk when it returns.
    package func flush() throws(RepriseError) {
        while try flushBatch() {}
    }

    /// Frames below `lsn` are not needed any more: `maintain` may recycle their segments.
    package func retire(before lsn: LSN) {
        access.front.retireBefore = max(access.front.retireBefore, lsn)
    }

    /// Retires segments and prepares spare ones.
    package func maintain() throws(RepriseError) {
        if let refusal = access.front.refusal { throw refusal }
        do throws(RepriseError) {
            try keeper.maintain(access)
        } catch {
            throw poison(error)
        }
    }

    package var space: LogSpace { LogSpace(access.front) }

    private func poison(_ cause: RepriseError) -> RepriseError {
        let error = LogCore.poisoned(cause)
        access.front.refusal = error
        return error
    }

    static func poisoned(_ cause: RepriseError) -> RepriseError {
        RepriseError(
            .journalPoisoned,
            "A write to the journal failed; nothing after it is acknowledged. End the process and "
                + "start it again: it goes on from what is on disk.",
            cause: String(describing: cause))
    }

    static let noSpare = RepriseError(
        .internalDefect, "The journal accepted a frame that its segments have no room for.")
}

/// Called with each frame of the journal when it is opened; the bytes are valid during the call.
package typealias ReplayBody = (LSN, _ kind: UInt8, UnsafeRawBufferPointer) throws(RepriseError) ->
    Void

/// How much room a log takes and has.
package struct LogSpace: Sendable, Hashable {
    /// Bytes of all segments, spare ones included.
    package var bytes: Int
    package var maxBytes: Int
    /// Bytes of them that only what finishes work may use.
    package var reserveBytes: Int
    /// Segments with frames.
    package var segments: Int
    package var spares: Int
    /// Ordinary appends are refused with `diskFull`.
    package var reserveOnly: Bool
    /// The first frame that is kept.
    package var first: LSN

    init(_ front: LogFront) {
        bytes = front.bytes
        maxBytes = front.options.maxBytes
        reserveBytes = front.options.reserveBytes
        segments = front.segments.count
        spares = front.spares.count
        reserveOnly = front.isReserveOnly
        first = front.segments.first?.base ?? .zero
    }
}
