import Model
import Reprise
import RepriseServer
import Sessions
import Synchronization
import TestSupport

/// A store without a journal: the real commands over the real fold, in memory. Time stands still
/// until a test moves it.
final class MemoryStore: SessionStore {
    struct State {
        var table = SessionTable()
        var position: UInt64 = 0
        var now = Timestamp(milliseconds: 1_700_000_000_000)
        var failure: RepriseError?
        var isReady = true
        var gates = Gates()
        var pauses: [Kind: Pause] = [:]
        var opens: [OpenRequest] = []
        var acknowledgements: [Acknowledgement?] = []
        var order: [String] = []
        /// How often the next append gives way to others; one less each time.
        var hesitation = 0
    }

    private let state = Mutex(State())
    private static let writer = Writer(node: "test", incarnation: 1)
    let kinds: [Kind: KindPolicy]
    let scripted = ScriptedTransactions()
    let hasTransactions = Probe(true)

    init(kinds: [String] = ["user.create", "order"]) {
        self.kinds = Dictionary(
            uniqueKeysWithValues: kinds.map { (Kind(unchecked: $0), KindPolicy()) })
        _ = state.withLock { $0.apply(Event(session: Event.noSession, body: .owner(Self.writer))) }
    }

    // MARK: What a test does to it and asks of it

    func advance(_ time: Milliseconds) { state.withLock { $0.now = $0.now + time } }
    func fail(_ error: RepriseError?) { state.withLock { $0.failure = error } }
    func hesitate(_ times: Int) { state.withLock { $0.hesitation = times } }
    func setReady(_ isReady: Bool) { state.withLock { $0.isReady = isReady } }
    func session(_ id: SessionID) -> Session? { state.withLock { $0.table[id] } }
    var count: Int { state.withLock { $0.table.sessions.count } }
    var lastOpen: OpenRequest? { state.withLock { $0.opens.last } }
    var lastAcknowledgement: Acknowledgement?? { state.withLock { $0.acknowledgements.last } }
    var order: [String] { state.withLock { $0.order } }

    /// Lets the lease run out and starts a run; returns its token.
    func claim(_ id: SessionID) -> Position {
        state.withLock { state in
            guard let session = state.table[id], let due = session.due else { return .none }
            state.now = max(state.now, due)
            let claim = Event.Claim(
                attempt: session.attempts + 1, deadline: state.now + 30_000, time: state.now)
            state.apply(Event(session: id, body: .claimed(claim)))
            return state.table[id]?.run?.token ?? .none
        }
    }

    // MARK: SessionStore

    func open(_ request: OpenRequest) async throws(RepriseError) -> OpenedSession {
        let policy = try policy(request.kind)
        return try change { state throws(RepriseError) in
            state.opens.append(request)
            let id =
                request.id
                ?? SessionID(time: state.now, random: (state.position, state.position))
            let decision = try state.table.open(
                id, kind: request.kind, record: request.record, headers: request.headers,
                lease: request.lease ?? policy.lease, partition: 0, context: state.context)
            switch decision {
            case .existing(let session): return OpenedSession(session: session, existed: true)
            case .write(let event):
                state.apply(event)
                guard let session = state.table[id] else { throw MemoryStore.lost }
                return OpenedSession(session: session, existed: false)
            }
        }
    }

    func append(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> Timestamp {
        let times = state.withLock { state in
            state.hesitation = max(0, state.hesitation - 1)
            return state.hesitation
        }
        for _ in 0..<times { await Task.yield() }
        return try write(id, "append") { state throws(RepriseError) in
            state.acknowledgements.append(acknowledgement)
            return try state.table.append(
                id, record: record, token: token, lease: 30_000, context: state.context)
        }
    }

    func replace(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> Timestamp {
        try write(id, "replace") { state throws(RepriseError) in
            state.acknowledgements.append(acknowledgement)
            return try state.table.replace(
                id, record: record, token: token, lease: 30_000, context: state.context)
        }
    }

    func extend(
        _ id: SessionID, by: Milliseconds?, token: Position
    ) async throws(RepriseError) -> Timestamp {
        try write(id, "extend") { state throws(RepriseError) in
            try state.table.extend(id, by: by ?? 30_000, token: token, context: state.context)
        }
    }

    func complete(_ id: SessionID, token: Position, relaxed: Bool) async throws(RepriseError) {
        _ = try write(id, relaxed ? "relaxed" : "complete") { state throws(RepriseError) in
            try state.table.complete(id, token: token, context: state.context)
        }
    }

    func close(_ id: SessionID, after: Milliseconds?) async throws(RepriseError) -> Timestamp {
        try write(id, "close") { state throws(RepriseError) in
            try state.table.close(
                id, after: after, policy: RetryPolicy(), random: 0, context: state.context)
        }
    }

    func get(_ id: SessionID) async throws(RepriseError) -> Session {
        try change { state throws(RepriseError) in
            guard let session = state.table[id] else {
                throw RepriseError(.notFound, "Session \(id) is not here.")
            }
            return session
        }
    }

    func list(_ filter: SessionFilter) async throws(RepriseError) -> SessionPage {
        try change { state throws(RepriseError) in
            let matching = state.table.sessions.values.filter { session in
                filter.matches(session, now: state.now)
                    && (filter.after.map { $0.description < session.id.description } ?? true)
            }
            .sorted { $0.id.description < $1.id.description }
            let page = Array(matching.prefix(filter.limit))
            return SessionPage(
                sessions: page, next: matching.count > page.count ? page.last?.id : nil)
        }
    }

    func requeue(_ id: SessionID, after: Milliseconds) async throws(RepriseError) {
        _ = try write(id, "requeue") { state throws(RepriseError) in
            Event(
                session: id, body: .requeued(Event.Requeue(due: state.now + after, time: state.now))
            )
        }
    }

    func cancel(_ id: SessionID) async throws(RepriseError) {
        _ = try write(id, "cancel") { state throws(RepriseError) in
            Event(session: id, body: .cancelled(at: state.now))
        }
    }

    func park(_ id: SessionID, reason: String) async throws(RepriseError) {
        _ = try write(id, "park") { state throws(RepriseError) in
            let parking = Parking(reason: .handlerRefused, detail: reason, time: state.now)
            return Event(session: id, body: .parked(parking, token: .none))
        }
    }

    func health() async -> StoreHealth {
        state.withLock { state in
            StoreHealth(parts: [
                .init(name: "journal", isReady: true, detail: "writing"),
                .init(
                    name: "kafka", isReady: state.isReady,
                    detail: state.isReady ? "connected" : "no broker answers"),
            ])
        }
    }

    var transactions: (any TransactionStore)? { hasTransactions.read { $0 } ? scripted : nil }

    // MARK: Parts

    func change(_ body: @Sendable (inout State) -> Void) { state.withLock { body(&$0) } }
    func look<Value>(_ body: @Sendable (State) -> Value) -> Value { state.withLock { body($0) } }

    private static let lost = RepriseError(.internalDefect, "The fold lost a session.")

    private func policy(_ kind: Kind) throws(RepriseError) -> KindPolicy {
        guard let policy = kinds[kind] else {
            throw RepriseError(.unknownKind, "The kind \(kind) is not configured.")
        }
        return policy
    }

    private func write(
        _ id: SessionID, _ name: String, _ make: (inout State) throws(RepriseError) -> Event
    ) throws(RepriseError) -> Timestamp {
        try change { state throws(RepriseError) in
            let event = try make(&state)
            guard state.apply(event) else {
                throw RepriseError(.notFound, "Session \(id) cannot take \(name) now.")
            }
            state.order.append("\(name) \(id)")
            return state.table[id]?.due ?? .zero
        }
    }

    private func change<Value: Sendable>(
        _ body: (inout State) throws(RepriseError) -> Value
    ) throws(RepriseError) -> Value {
        let result: Result<Value, RepriseError> = state.withLock { state in
            if let failure = state.failure { return .failure(failure) }
            do throws(RepriseError) {
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension MemoryStore.State {
    var context: CommandContext { CommandContext(now: now) }

    @discardableResult
    mutating func apply(_ event: Event) -> Bool {
        position += 1
        let origin = Origin(writer: Writer(node: "test", incarnation: 1))
        return table.apply(event, at: Position(sequence: position), from: origin) == .accepted
    }
}
