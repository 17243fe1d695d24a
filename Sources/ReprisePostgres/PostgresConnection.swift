internal import Model
internal import Platform
internal import Synchronization

/// A connection and the thread that blocks for it. What it is asked to do, it does in that order.
final class PostgresConnection: Sendable {
    private let core: Core

    /// Starts the thread; connecting is the first thing to ask of it.
    init(_ settings: ConnectionSettings) throws(RepriseError) {
        guard let wake = WakePipe() else {
            throw RepriseError(
                .resourceFailed,
                "The resource \(settings.resource) cannot connect: the process has too many files"
                    + " open.")
        }
        let core = Core(settings, wake: wake)
        // Joined by nobody: it ends soon after this object, wherever that is let go of.
        _ = try NamedThread("postgres") { core.serve() }
        self.core = core
    }

    deinit { stop() }

    /// Does `body` on the thread, after everything that was asked for before.
    ///
    /// - Parameter cancellable: whether the statement is cancelled together with the calling task.
    func perform<Value: Sendable>(
        cancellable: Bool = false,
        _ body: @escaping @Sendable (LibpqSession) throws(SQLFailure) -> Value
    ) async throws(SQLFailure) -> Value {
        let id = core.newID()
        let result: Result<Value, SQLFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                core.add(
                    Job(id: id) { session in
                        do throws(SQLFailure) {
                            continuation.resume(returning: .success(try body(session)))
                        } catch {
                            continuation.resume(returning: .failure(error))
                        }
                    })
                // The handler below may have run before the job was there.
                if cancellable, Task.isCancelled { core.cancel(id) }
            }
        } onCancel: {
            if cancellable { core.cancel(id) }
        }
        return try result.get()
    }

    /// Asks for something without waiting for it.
    func enqueue(_ body: @escaping @Sendable (LibpqSession) -> Void) {
        core.add(Job(id: core.newID(), body: body))
    }

    /// Cancels the statement that is running, if any.
    func cancelRunning() {
        core.cancel(nil)
    }

    /// Ends the connection, and with it whatever runs on it.
    func stop() {
        core.state.withLock { $0.isStopping = true }
        core.wakeUp()
    }

    // MARK: The thread

    private struct Job: Sendable {
        let id: UInt64
        let body: @Sendable (LibpqSession) -> Void
        var isCancelled = false

        init(id: UInt64, body: @escaping @Sendable (LibpqSession) -> Void) {
            self.id = id
            self.body = body
        }
    }

    private final class Core: Sendable {
        struct State {
            var jobs: [Job] = []
            var lastJob: UInt64 = 0
            var running: UInt64?
            var cancelling = false
            var isStopping = false
            /// Nobody looks at `jobs` any more.
            var hasStopped = false
        }

        let state = Mutex(State())
        private let signal = Signal()
        private let settings: ConnectionSettings
        private let wake: WakePipe

        init(_ settings: ConnectionSettings, wake: WakePipe) {
            self.settings = settings
            self.wake = wake
        }

        func add(_ job: Job) {
            let isLate = state.withLock { state in
                if !state.hasStopped { state.jobs.append(job) }
                return state.hasStopped
            }
            if isLate {
                // It gets its answer all the same: that the connection is closed.
                job.body(LibpqSession(settings, wake: wake) { .close })
            } else {
                signal.notify()
            }
        }

        func wakeUp() {
            signal.notify()
            wake.wake()
        }

        func newID() -> UInt64 {
            state.withLock { state in
                state.lastJob += 1
                return state.lastJob
            }
        }

        /// Cancels the job with this id, or with nil the one that is running.
        func cancel(_ id: UInt64?) {
            state.withLock { state in
                if let running = state.running, id == nil || id == running {
                    state.cancelling = true
                } else if let index = state.jobs.firstIndex(where: { $0.id == id }) {
                    state.jobs[index].isCancelled = true
                }
            }
            wake.wake()
        }

        func serve() {
            let session = LibpqSession(settings, wake: wake) { [self] in
                state.withLock { state in
                    if state.isStopping { return .close }
                    defer { state.cancelling = false }
                    return state.cancelling ? .cancel : .none
                }
            }
            while true {
                let seen = signal.count
                let (job, isStopping) = next()
                if isStopping { session.close() }
                if let job {
                    job.body(session)
                    state.withLock { state in
                        state.running = nil
                        state.cancelling = false
                    }
                } else if isStopping {
                    return
                } else {
                    signal.wait(whileCountIs: seen)
                }
            }
        }

        private func next() -> (Job?, Bool) {
            state.withLock { state in
                guard !state.jobs.isEmpty else {
                    state.hasStopped = state.isStopping
                    return (nil, state.isStopping)
                }
                let job = state.jobs.removeFirst()
                state.running = job.id
                state.cancelling = job.isCancelled
                return (job, state.isStopping)
            }
        }
    }
}
