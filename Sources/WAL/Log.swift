package import Model
package import Platform
internal import Synchronization

/// The journal's log: `append` from any thread, `waitDurable` until the frame is on disk. A writer
/// thread makes one forced write for all frames that came together; a keeper thread makes and
/// recycles segments. Opened by one process at a time.
package final class Log: Sendable {
    private let driver: LogDriver
    private let writer: NamedThread
    private let keeper: NamedThread

    /// Drawn when the journal was made; another journal has another one.
    package var identity: UInt64 { driver.directory.identity }
    /// What a crash had left half-written, and was cut off when the log was opened.
    package let tornTail: LogReport.TornTail?

    /// Opens the journal in `directory`, or creates it, and calls `replay` with every frame in order
    /// before it returns. A frame that it replays is durable.
    ///
    /// `onPoison` is called once, on the writer's thread, with the first failed write: the process
    /// should end.
    ///
    /// Throws `journalLocked`, `journalDamaged` (nothing was changed; `LogDump` tells what can be
    /// read), `journalForeignFile`, `journalVersion`, `diskFull`, `journalIO`, `configuration`.
    package static func open(
        directory: String, fileSystem: any FileSystem = RealFileSystem(),
        options: LogOptions = LogOptions(), time: any TimeSource = SystemTime(),
        newIdentity: UInt64 = .random(in: 1...UInt64.max),
        onPoison: @escaping @Sendable (RepriseError) -> Void = { _ in },
        replay: @escaping ReplayBody = { (_, _, _) throws(RepriseError) in }
    ) throws(RepriseError) -> Log {
        let (lock, parts) = try LogCore.openParts(
            directory: directory, fileSystem: fileSystem, options: options, time: time,
            newIdentity: newIdentity, replay: replay)
        return try Log(
            LogDriver(
                lock: lock, parts: parts, lazyWait: options.lazyWait, time: time,
                onPoison: onPoison),
            tornTail: parts.tornTail)
    }

    private init(_ driver: LogDriver, tornTail: LogReport.TornTail?) throws(RepriseError) {
        self.driver = driver
        self.tornTail = tornTail
        writer = try NamedThread("wal-writer") { driver.runWriter() }
        do throws(RepriseError) {
            keeper = try NamedThread("wal-keeper") { driver.runKeeper() }
        } catch {
            driver.stop()
            writer.join()
            throw error
        }
    }

    deinit { close() }

    /// Puts a frame into the buffer and returns its number. Never waits for the disk; may be called
    /// with a lock held. `fill` gets exactly `size` bytes, uninitialised, and must write them all.
    ///
    /// Durable when `waitDurable` returns. Frames become durable in the order of their numbers, and
    /// after a crash what is there is always a prefix of what was appended.
    ///
    /// `isLazy` is for frames that nobody waits for: they go along with the next write, or after some
    /// milliseconds, and cost no forced write of their own while others come. Call `flush` before
    /// waiting for one.
    ///
    /// Throws `diskFull`; `journalBusy` when the writer is too far behind (call `waitForRoom` without
    /// the lock and try again); `tooLarge`; `journalPoisoned`; `shuttingDown`.
    package func append(
        kind: UInt8, size: Int, use: SpaceClass = .normal, isLazy: Bool = false,
        fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(RepriseError) -> LSN {
        try driver.append(kind: kind, size: size, use: use, isLazy: isLazy, fill: fill)
    }

    /// Has the lazy frames written now.
    package func flush() {
        driver.flush()
    }

    /// Returns when the frame is on disk, at once if it is there already. Not cancellable: the
    /// outcome of a write is worth the wait. Throws `journalPoisoned` when it may not be on disk.
    package func waitDurable(_ lsn: LSN) async throws(RepriseError) {
        if lsn <= durable { return }
        try await driver.waiters.wait(for: lsn)
    }

    /// Returns when an append is worth another try: there is room, or a refusal to be told.
    package func waitForRoom() async {
        await driver.waitForRoom()
    }

    /// Every frame up to this one is on disk. One atomic read.
    package var durable: LSN { driver.waiters.durable }

    /// The number of the last frame that was appended.
    package var appended: LSN { driver.front.withLock { $0.appended } }

    /// Calls `body` on the writer's thread whenever `durable` has grown, before the waiters go on. It
    /// must be quick and must not call the log back: set a flag, `notify` a `Signal`.
    package func onDurable(_ body: @escaping @Sendable (LSN) -> Void) {
        driver.observers.withLock { $0.append(body) }
    }

    /// Reads durable frames from `from` on, for one thread. What it has not read yet must not be
    /// retired.
    package func makeReader(from: LSN) -> LogReader {
        LogReader(driver, from: from)
    }

    /// Frames below `lsn` are not needed any more: their segments are recycled or removed in the
    /// background.
    package func retire(before lsn: LSN) {
        driver.front.withLock { $0.retireBefore = max($0.retireBefore, lsn) }
        driver.keeperSignal.notify()
    }

    /// What the writer has done since the log was opened.
    package var statistics: LogStatistics { driver.statistics }

    package var space: LogSpace { driver.front.withLock { LogSpace($0) } }

    /// Writes what was appended, stops the threads and releases the directory. Blocks. Appends are
    /// refused with `shuttingDown` from now on. Later calls do nothing.
    package func close() {
        driver.stop()
        writer.join()
        keeper.join()
        driver.release()
    }
}
