internal import Journal
public import Model
internal import Sessions
internal import Synchronization
internal import Traces
public import Transactions

// Work around the end of a transaction. Closures run in this process and are lost with it; named
// actions become sessions with the decision, and are not.

extension Transaction {
    /// Runs `action` inside the transaction before it is committed, lower orders first. It may
    /// register further ones; an error rolls the transaction back. Not run when it is read-only.
    ///
    /// - Throws: `transactionNotActive`.
    public func beforeCommit(
        order: Int = 0, _ action: @escaping @Sendable () async throws -> Void
    ) throws(RepriseError) {
        try register { $0.beforeCommit.add(action, order: order) }
    }

    /// Runs `action` in this process after the commit. Best effort: it is lost when the process dies
    /// before; what it throws is logged. Register a kind instead of a closure where it must happen.
    public func afterCommit(
        order: Int = 0, _ action: @escaping @Sendable () async throws -> Void
    ) throws(RepriseError) {
        try register { $0.afterCommit.add(action, order: order) }
    }

    /// Runs `action` in this process after a rollback. Best effort, as `afterCommit`.
    public func afterRollback(
        order: Int = 0, _ action: @escaping @Sendable () async throws -> Void
    ) throws(RepriseError) {
        try register { $0.afterRollback.add(action, order: order) }
    }

    /// A session of `kind` begins if and only if the transaction commits, in the same forced write
    /// as the decision; it is due at once, retried and parked like any other.
    ///
    /// - Returns: the id of the session to be.
    /// - Throws: `unknownKind`, `tooLarge`, `transactionReadOnly`, `transactionNotActive`.
    @discardableResult
    public func afterCommit(
        _ kind: Kind, _ payload: [UInt8]? = nil, headers: [Header] = [], order: Int = 0
    ) throws(RepriseError) -> SessionID {
        try add(kind, payload, headers, lease: 0, trigger: .commit, order: order)
    }

    /// A session of `kind` begins if and only if the transaction is rolled back, also when this
    /// process dies: so the intent is written to disk before the call returns, at the cost of a
    /// forced write.
    ///
    /// - Throws: as `afterCommit`; `diskFull`.
    @discardableResult
    public func afterRollback(
        _ kind: Kind, _ payload: [UInt8]? = nil, headers: [Header] = [], order: Int = 0
    ) async throws(RepriseError) -> SessionID {
        let id = try add(kind, payload, headers, lease: 0, trigger: .rollback, order: order)
        do throws(RepriseError) {
            let limits = shared.log.journal.options.limits
            try await driver.writeIntent { [self] in
                state.withLock { $0.cargo.outline(limits) }
            }
        } catch {
            state.withLock { $0.cargo.remove(id) }
            throw error
        }
        return id
    }

    /// A session that is the caller's, as one that was opened outside, but exists only once the
    /// transaction has committed. Its lease (nil takes the kind's) runs from then on.
    ///
    /// - Throws: as `afterCommit`.
    public func openSession(
        _ kind: Kind, record: [UInt8]? = nil, headers: [Header] = [], lease: Duration? = nil
    ) throws(RepriseError) -> SessionID {
        let policy = shared.log.journal.policy(of: kind)
        let lease = lease?.roundedUpMilliseconds ?? policy.lease
        try shared.log.journal.options.limits.check(lease: lease)
        return try add(kind, record, headers, lease: lease, trigger: .commit, order: 0)
    }

    /// A message that is sent to Kafka if and only if the transaction commits, by the mirror: at
    /// least once, with the header `reprise-dedup-id` to know a repetition by.
    ///
    /// - Throws: `kafkaConfiguration` on a node without Kafka; `tooLarge`, `transactionReadOnly`,
    ///   `transactionNotActive`.
    public func send(_ message: OutboxMessage) throws(RepriseError) {
        guard shared.log.mirrored != nil else {
            throw RepriseError(
                .kafkaConfiguration,
                "This node has no Kafka, so a message could never be sent. Configure it.")
        }
        guard !message.topic.isEmpty, message.topic.utf8.count <= 249 else {
            throw RepriseError(.invalidRequest, "The name of a topic has 1 to 249 bytes.")
        }
        try load { $0.add(message) }
    }

    /// Calls around the end of the transaction, in the order of registration.
    public func add(_ synchronization: TransactionSynchronization) throws(RepriseError) {
        try register { $0.synchronizations.append(synchronization) }
    }

    /// Headers for the outcome event. `traceparent`, `tracestate`, `baggage` and `reprise-causation`
    /// (what caused the transaction, in the caller's words) also go to its durable actions and the
    /// sessions that it opens, unless they bring their own, and to transactions that begin
    /// within it or in what runs after it, until they set theirs.
    ///
    /// - Throws: `tooLarge`; `invalidRequest` for `content-type` and names that begin with `ce_`, which
    ///   the event has itself; `transactionNotActive`.
    public func setHeaders(_ headers: [Header]) throws(RepriseError) {
        try shared.log.journal.options.limits.check(headers: headers)
        if let name = headers.first(where: { TransactionContextHeaders.isReserved($0.name) })?.name
        {
            throw RepriseError(
                .invalidRequest,
                "The outcome event has '\(name.prefix(64))' itself: use another header name.")
        }
        let traced = TraceHeaders.adding(trace, to: headers, shared.log.journal.options.limits)
        try register { $0.cargo.headers = traced }
    }

    // MARK: Helpers

    private func add(
        _ kind: Kind, _ payload: [UInt8]?, _ headers: [Header], lease: Milliseconds,
        trigger: DurableAction.Trigger, order: Int
    ) throws(RepriseError) -> SessionID {
        let journal = shared.log.journal
        guard journal.options.policies[kind] != nil else {
            throw RepriseError(
                .unknownKind,
                "The kind \(kind) is not configured on this node. Add it under 'kinds'.")
        }
        try journal.options.limits.check(headers: headers)
        if let payload { try journal.options.limits.check(record: payload) }
        let id = shared.log.newSession()
        let action = DurableAction(
            session: id, partition: shared.log.partition(id), kind: kind, record: payload,
            headers: headers, lease: lease, trigger: trigger)
        try load { $0.add(action, order: order) }
        return id
    }

    private func load(_ change: (inout Cargo) -> Void) throws(RepriseError) {
        try checkActive()
        guard !isReadOnly, !TransactionScope.current.isReadOnly else {
            throw TransactionManager.readOnly(id)
        }
        list()
        let options = shared.options
        var fits = true
        try register { state in
            var cargo = state.cargo
            change(&cargo)
            fits = cargo.bytes <= options.maxCargoBytes && cargo.count <= options.maxCargo
            if fits { state.cargo = cargo }
        }
        guard fits else {
            throw RepriseError(
                .tooLarge,
                "The durable work of transaction \(id) goes beyond \(options.maxCargoBytes) bytes "
                    + "or \(options.maxCargo) pieces, its limits.")
        }
    }

    func register(_ change: (inout State) -> Void) throws(RepriseError) {
        try checkActive()
        let isOpen = state.withLock { state in
            // Again, under the lock: what came after the end would be lost without a word.
            if state.isSealed { return false }
            change(&state)
            return true
        }
        if !isOpen { throw Coordinator.notActive(id, status) }
    }
}
