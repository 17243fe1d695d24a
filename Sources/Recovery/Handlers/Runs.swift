package import Model
package import Sessions
internal import Synchronization
internal import Traces

/// The runs in progress in this process: starts handlers, watches their deadlines, and reports each
/// run's outcome exactly once.
package final class Runs: Sendable {
    /// Called once for each run, on the handler's task or on the thread that calls `expire` or `start`.
    package typealias Ending = @Sendable (Session, Run, HandlerOutcome) -> Void

    private struct Entry {
        var session: Session
        var run: Run
        var task: Task<Void, Never>?
        var ended: Ending
    }

    private struct State {
        var entries: [SessionID: Entry] = [:]
        /// Runs whose outcome is being reported, by token: in progress until their `ended` returns, so
        /// that whoever waits for idleness finds the outcome where `ended` puts it.
        var reporting: [Position: Session] = [:]
        var deadlines = DueQueue()
        var waiters: [CheckedContinuation<Void, Never>] = []

        func contains(where matches: (Session) -> Bool) -> Bool {
            entries.values.contains { matches($0.session) }
                || reporting.values.contains(where: matches)
        }

        /// The run is over: its outcome is about to be reported.
        @discardableResult
        mutating func take(_ id: SessionID) -> Entry? {
            guard let entry = entries.removeValue(forKey: id) else { return nil }
            reporting[entry.run.token] = entry.session
            return entry
        }
    }

    private let state = Mutex(State())
    private let spans = Spans.found
    private let handlers: Mutex<[Kind: any RecoveryHandler]>

    /// A session of another kind ends as unavailable at once.
    package init(handlers: [Kind: any RecoveryHandler]) {
        self.handlers = Mutex(handlers)
    }

    /// For the runs that start from now on.
    package func replaceHandlers(_ handlers: [Kind: any RecoveryHandler]) {
        self.handlers.withLock { $0 = handlers }
    }

    /// Runs that were started and have not reported.
    package var count: Int { state.withLock { $0.entries.count + $0.reporting.count } }

    /// Whether the run with this token is one of ours and has not reported.
    package func isRunning(_ id: SessionID, token: Position) -> Bool {
        state.withLock { $0.entries[id]?.run.token == token }
    }

    /// Whether there is a run of such a session.
    package func contains(where matches: (Session) -> Bool) -> Bool {
        state.withLock { $0.contains(where: matches) }
    }

    /// Starts the kind's handler on a task of its own.
    package func start(
        _ session: Session, _ run: Run, control: any RunControl, ended: @escaping Ending
    ) {
        guard let handler = handlers.withLock({ $0[session.kind] }) else {
            ended(
                session, run,
                .unavailable(reason: "No handler for kind \(session.kind) on this worker."))
            return
        }
        let id = session.id
        let earlier = state.withLock { state in
            defer {
                state.entries[id] = Entry(session: session, run: run, task: nil, ended: ended)
                state.deadlines.insert(
                    DueQueue.Entry(due: run.deadline, order: run.token.rawValue, session: id))
            }
            return state.take(id)
        }
        // The log has ended it; its place is to be given back.
        if let earlier { timeOut(earlier) }
        let work = RecoverySession(session, run: run, control: control)
        let task = Task { [self] in
            let span = begin(session, run)
            let outcome = await within(span) { await Runs.outcome(of: handler, work) }
            Runs.end(span, outcome)
            finish(id, token: run.token, outcome)
        }
        state.withLock { state in
            // It may be over already.
            if state.entries[id]?.run.token == run.token { state.entries[id]?.task = task }
        }
    }

    /// The run wrote to its session, which renewed its deadline.
    package func extend(_ id: SessionID, token: Position, deadline: Timestamp) {
        state.withLock { state in
            guard state.entries[id]?.run.token == token else { return }
            state.entries[id]?.run.deadline = deadline
            state.deadlines.insert(
                DueQueue.Entry(due: deadline, order: token.rawValue, session: id))
        }
    }

    /// Ends runs whose deadline has passed: cancelled, and reported as timed out. A handler that
    /// goes on all the same is fenced by its token.
    package func expire(now: Timestamp) {
        var expired: [Entry] = []
        state.withLock { state in
            while let due = state.deadlines.pop(due: now) {
                guard let entry = state.entries[due.session],
                    entry.run.token.rawValue == due.order, entry.run.deadline <= now
                else { continue }
                state.take(due.session)
                expired.append(entry)
            }
        }
        for entry in expired { timeOut(entry) }
    }

    private func timeOut(_ entry: Entry) {
        entry.task?.cancel()
        report(
            entry, .failed(.handlerTimeout, reason: "The handler took longer than its timeout."))
    }

    private func report(_ entry: Entry, _ outcome: HandlerOutcome) {
        entry.ended(entry.session, entry.run, outcome)
        state.withLock { $0.reporting[entry.run.token] = nil }
        wakeWaiters()
    }

    /// The next deadline, or an earlier moment at which to look.
    package var nextDeadline: Timestamp? { state.withLock { $0.deadlines.next } }

    /// Cancels what still runs without reporting it: its deadline will pass in the log. Gives the runs.
    @discardableResult
    package func abandon() -> [(session: Session, run: Run)] {
        let abandoned = state.withLock { state in
            defer { state.entries.removeAll() }
            return Array(state.entries.values)
        }
        for entry in abandoned { entry.task?.cancel() }
        wakeWaiters()
        return abandoned.map { ($0.session, $0.run) }
    }

    /// Returns when no run is in progress for which `matches` holds; a cancelled wait returns too.
    package func waitUntilIdle(where matches: @Sendable (Session) -> Bool) async {
        while state.withLock({ $0.contains(where: matches) }) {
            if Task.isCancelled { return }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isOver = state.withLock { state in
                        if state.contains(where: matches) {
                            state.waiters.append(continuation)
                            return false
                        }
                        return true
                    }
                    if isOver || Task.isCancelled { wakeWaiters() }
                    if isOver { continuation.resume() }
                }
            } onCancel: {
                wakeWaiters()
            }
        }
    }

    private func finish(_ id: SessionID, token: Position, _ outcome: HandlerOutcome) {
        let entry = state.withLock { state -> Entry? in
            guard state.entries[id]?.run.token == token else { return nil }
            return state.take(id)
        }
        if let entry { report(entry, outcome) }
    }

    private func wakeWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Each run is a trace of its own that points back to where the session was opened.
    private func begin(_ session: Session, _ run: Run) -> OpenSpan? {
        guard let span = spans?.startLinked(.recover, to: session.headers) else { return nil }
        span.set(.session, "\(session.id)")
        span.set(.kind, session.kind.name)
        span.set(.attempt, Int(run.attempt))
        return span
    }

    /// With what the handler said, which is not heard where its deadline has passed.
    private static func end(_ span: OpenSpan?, _ outcome: HandlerOutcome) {
        guard let span else { return }
        span.set(.outcome, RunCounts.name(of: outcome))
        if case .failed(let code, _) = outcome { span.fail(code) }
        span.end()
    }

    private static func outcome(
        of handler: any RecoveryHandler, _ session: RecoverySession
    ) async -> HandlerOutcome {
        do {
            return try await handler.recover(session)
        } catch let error as RepriseError {
            return .failed(error.code, reason: error.message)
        } catch {
            // The type only: an error's text may hold what the session holds.
            return .failed(.handlerFailed, reason: "The handler threw \(type(of: error)).")
        }
    }
}
