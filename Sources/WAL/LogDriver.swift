internal import Model
internal import Platform
internal import Synchronization

/// What the log's two threads and its callers share.
final class LogDriver: FrontAccess, Sendable {
    let directory: LogDirectory
    let front: Mutex<LogFront>
    let waiters: LogWaiters
    let observers = Mutex<[@Sendable (LSN) -> Void]>([])
    let keeperSignal = Signal()
    private let writerSignal = Signal()
    private let time: any TimeSource
    private let lazyWait: Milliseconds
    private let writer: SegmentWriter
    private let keeper: SegmentKeeper
    private let lock: Mutex<(any FileLock)?>
    private let stopping = Atomic(false)
    private let roomWaiters = Mutex<[UnsafeContinuation<Void, Never>]>([])
    private let onPoison: @Sendable (RepriseError) -> Void

    init(
        lock: any FileLock, parts: LogOpening.Result, lazyWait: Milliseconds,
        time: any TimeSource,
        onPoison: @escaping @Sendable (RepriseError) -> Void
    ) {
        self.lock = Mutex(lock)
        self.onPoison = onPoison
        self.time = time
        self.lazyWait = lazyWait
        directory = parts.directory
        writer = parts.writer
        keeper = parts.keeper
        waiters = LogWaiters(durable: parts.front.appended)
        front = Mutex(parts.front)
    }

    var statistics: LogStatistics { writer.meters.statistics }

    func change<T: Sendable>(_ body: (inout LogFront) -> T) -> T {
        front.withLock { body(&$0) }
    }

    func append(
        kind: UInt8, size: Int, use: SpaceClass, isLazy: Bool,
        fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(RepriseError) -> LSN {
        let placed = try front.withLock { front throws(RepriseError) in
            try front.append(kind: kind, size: size, use: use, isLazy: isLazy, fill: fill)
        }
        if placed.wakes { writerSignal.notify() }
        return placed.lsn
    }

    /// What was appended lazily is written now.
    func flush() {
        front.withLock { $0.want() }
        writerSignal.notify()
    }

    // MARK: The writer's thread

    func runWriter() {
        var spins = SpinBudget()
        var gathering = Gathering()
        var hasWritten = false
        while true {
            if let wish = gathering.wish() { gathering.gathered(gather(wish), of: wish) }
            let seen = writerSignal.count
            if let buffer = front.withLock({ $0.take() }) {
                do throws(RepriseError) {
                    let begin = time.monotonicNanoseconds()
                    let woken = try write(buffer)
                    gathering.wrote(
                        woken: woken, nanoseconds: time.monotonicNanoseconds() - begin)
                } catch {
                    poison(error)
                    return
                }
                front.withLock { $0.giveBack(buffer) }
                hasWritten = true
                resumeRoomWaiters()
            } else if stopping.load(ordering: .acquiring) {
                guard front.withLock({ $0.wantRest() }) else { return }
            } else {
                let looksAgain = front.withLock { $0.rest(after: hasWritten) }
                hasWritten = false
                let hit = writerSignal.wait(
                    whileCountIs: seen, spins: spins.count,
                    nanoseconds: looksAgain ? lazyWait * 1_000_000 : -1)
                spins.note(hit: hit)
                if looksAgain, writerSignal.count == seen { front.withLock { $0.want() } }
            }
        }
    }

    /// Lets those who were just woken append again; tells how many frames came.
    private func gather(_ wish: Gathering.Wish) -> Int {
        let before = front.withLock { $0.appended.rawValue }
        let end = time.monotonicNanoseconds() + wish.nanoseconds
        var came = 0
        repeat {
            // They need the processor more than this thread does.
            NamedThread.yield()
            came = Int(front.withLock { $0.appended.rawValue } - before)
        } while came < wish.frames && time.monotonicNanoseconds() < end
        return came
    }

    /// Gives the number of waiters that were resumed.
    private func write(_ buffer: LogBuffer) throws(RepriseError) -> Int {
        var woken = 0
        while !buffer.isDrained {
            if !writer.fits(buffer) {
                guard let spare = front.withLock({ $0.rotate(base: writer.next) }) else {
                    throw LogCore.noSpare
                }
                try writer.rotate(to: spare)
                keeperSignal.notify()
            }
            let durable = try writer.writeBatch(buffer)
            waiters.advance(to: durable)
            for observer in observers.withLock({ $0 }) { observer(durable) }
            woken += waiters.resumeDurable()
        }
        return woken
    }

    /// The first error ends all writing. No retry: after a failed sync nobody knows what is on disk.
    private func poison(_ cause: RepriseError) {
        let error = LogCore.poisoned(cause)
        let first = front.withLock { front in
            if front.refusal?.code == .journalPoisoned { return false }
            front.refusal = error
            return true
        }
        waiters.fail(error)
        resumeRoomWaiters()
        if first { onPoison(error) }
    }

    // MARK: The keeper's thread

    func runKeeper() {
        while !stopping.load(ordering: .acquiring) {
            let seen = keeperSignal.count
            do throws(RepriseError) {
                try keeper.maintain(self)
            } catch {
                poison(error)
                return
            }
            resumeRoomWaiters()
            // Where the disk is full, somebody else may free space: look again now and then.
            let isShort = front.withLock { $0.wantsSpare }
            keeperSignal.wait(whileCountIs: seen, nanoseconds: isShort ? 1_000_000_000 : -1)
        }
    }

    // MARK: Room

    func waitForRoom() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let goesOn = roomWaiters.withLock { waiters in
                if front.withLock({ $0.hasRoom }) { return true }
                waiters.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    private func resumeRoomWaiters() {
        let ready = roomWaiters.withLock { waiters in
            guard !waiters.isEmpty, front.withLock({ $0.hasRoom }) else {
                return [UnsafeContinuation<Void, Never>]()
            }
            defer { waiters = [] }
            return waiters
        }
        for waiter in ready { waiter.resume() }
    }

    // MARK: The end

    func stop() {
        front.withLock { front in
            if front.refusal == nil {
                front.refusal = RepriseError(.shuttingDown, "The journal is closed.")
            }
        }
        stopping.store(true, ordering: .releasing)
        writerSignal.notify()
        keeperSignal.notify()
    }

    /// After both threads have ended.
    func release() {
        resumeRoomWaiters()
        waiters.fail(RepriseError(.shuttingDown, "The journal is closed."))
        lock.withLock { $0 = nil }
    }
}

/// How long the writer looks for work before it sleeps: a wake-up costs as much as a sync, so while
/// looking pays it looks on, and when it does not it stops wasting the processor.
struct SpinBudget {
    private(set) var count = 2000
    private static let range = 50...4000

    mutating func note(hit: Bool) {
        count =
            hit
            ? min(count * 2, SpinBudget.range.upperBound)
            : max(count / 2, SpinBudget.range.lowerBound)
    }
}
