package import Coordination
internal import Journal
internal import Kafka
internal import Logging
internal import Mirror
internal import Model
internal import Platform
internal import Recovery
internal import Sessions
internal import Synchronization
internal import Traces
internal import Transactions
internal import WAL

/// What runs behind a `Reprise`: the journal, and either the mirror or the recovery.
package final class Node: Sendable {
    let journal: Journal
    let mirror: Mirror?
    let recovery: JournalRecovery?
    package let transactions: TransactionManager
    private let transactionRecovery: TransactionRecovery
    private let topics: Task<Void, Never>?
    let configuration: RepriseConfiguration
    private let logger: Logger
    private let end: EndSignal
    private let reporter = Mutex<MetricsReporter?>(nil)

    private init(
        journal: Journal, mirror: Mirror?, recovery: JournalRecovery?,
        transactions: TransactionManager, topics: Task<Void, Never>?,
        configuration: RepriseConfiguration, logger: Logger, end: EndSignal
    ) {
        self.journal = journal
        self.mirror = mirror
        self.recovery = recovery
        self.topics = topics
        self.configuration = configuration
        self.logger = logger
        self.end = end
        self.transactions = transactions
        transactionRecovery = TransactionRecovery(transactions)
        transactionRecovery.start()
        ProcessMetrics.begin()
        reporter.withLock { reporter in
            reporter = MetricsReporter { [weak self] in self?.samples() ?? [] }
        }
    }

    /// Everything that is measured, as of now.
    func samples() -> [MetricSample] {
        status().samples(now: journal.now()) + ProcessMetrics.samples()
    }

    // MARK: Life

    static func start(
        _ configuration: RepriseConfiguration, handlers: [Kind: any RecoveryHandler],
        resources: [any TransactionResource], logger: Logger
    ) async throws(RepriseError) -> Node {
        if let kafka = configuration.kafka { try kafka.validate() }
        try RecoveryBook.check(handlers.keys)
        let registry = ResourceRegistry()
        for resource in resources { try registry.register(resource) }
        let end = EndSignal()
        var options = Journal.Options(
            node: configuration.node, directory: configuration.journal.directory,
            policies: configuration.kinds)
        options.log.segmentBytes = configuration.journal.segmentBytes
        options.log.maxBytes = configuration.journal.maxBytes
        options.limits = configuration.limits
        options.fallback = configuration.fallbackPolicy
        options.isMirrored = configuration.kafka != nil
        let journal = try await openJournal(options, logger: logger, end: end)
        do throws(RepriseError) {
            try await RecoveryMode.take(of: journal)
        } catch {
            try? await onThread("journal-close") { () throws(RepriseError) in journal.close() }
            throw error
        }
        var mirror: Mirror?
        var recovery: JournalRecovery?
        var topics: Task<Void, Never>?
        if let kafka = configuration.kafka {
            var mirrorOptions = Mirror.Options(kafka: kafka, topic: configuration.topics.sessions)
            mirrorOptions.window = configuration.mirror.window
            mirrorOptions.sendsAll = configuration.mirror.sendsAll
            mirrorOptions.outcomeTopic = configuration.topics.transactions
            mirrorOptions.outcomeFormat =
                configuration.topics.outcomes == .json ? .json : .protobuf
            let made = Mirror(journal: journal, options: mirrorOptions, logger: logger)
            try made.start()
            mirror = made
            topics = Task { await Topics.prepare(configuration, for: made, logger: logger) }
        } else {
            let directory = configuration.journal.directory
            let pauses = try await onThread("pauses") { () throws(RepriseError) in
                try PauseBook(directory: directory)
            }
            let made = JournalRecovery(
                journal: journal, handlers: handlers, pauses: pauses,
                observer: RecoveryLog(logger: logger),
                logger: logger)
            try made.start()
            recovery = made
        }
        let transactions = TransactionManager(
            log: coordinationLog(journal, mirror, configuration, logger), resources: registry,
            options: configuration.transactions)
        return Node(
            journal: journal, mirror: mirror, recovery: recovery, transactions: transactions,
            topics: topics, configuration: configuration, logger: logger, end: end)
    }

    private static func coordinationLog(
        _ journal: Journal, _ mirror: Mirror?, _ configuration: RepriseConfiguration,
        _ logger: Logger
    ) -> CoordinationLog {
        var log = CoordinationLog(
            journal: journal, partition: { partition(of: $0, configuration) }, logger: logger)
        if let mirror {
            log.mirrored = { (lsn, outbox) throws(RepriseError) in
                try await mirror.waitAcknowledged(lsn, outbox: outbox)
            }
        }
        return log
    }

    /// Replay reads and repairs files: on a thread of its own.
    private static func openJournal(
        _ options: Journal.Options, logger: Logger, end: EndSignal
    ) async throws(RepriseError) -> Journal {
        try await onThread("journal-open") { () throws(RepriseError) in
            try Journal.open(options, logger: logger) { error in
                logger.report(
                    .critical, error,
                    "the journal cannot be written; the process must end and replay")
                end.signal(error)
            }
        }
    }

    /// The error of a journal that cannot be written, or nil on a graceful shutdown.
    func waitForEnd() async -> RepriseError? { await end.wait() }

    /// How long callers that wait for Kafka are given when the node ends.
    private static let lastWait: Duration = .seconds(2)

    func drain() async {
        await recovery?.stop(drain: .milliseconds(configuration.recovery.drainTimeout))
        await mirror?.endWaiting(within: Node.lastWait)
    }

    func stop(drains: Bool) async {
        await reporter.withLock { $0.take() }?.stop()
        topics?.cancel()
        // What runs may write until it ends, so the journal closes after it.
        let drain = drains ? configuration.recovery.drainTimeout : 0
        await recovery?.stop(drain: .milliseconds(drain))
        journal.beginClosing()
        await transactionRecovery.stop()
        if drains { await closeOpenSessions() }
        let (journal, mirror) = (self.journal, self.mirror)
        try? await onThread("node-stop") { () throws(RepriseError) in
            mirror?.stop()
            journal.close()
        }
    }

    /// A clean shutdown leaves no lease behind: what is open is due at once.
    private func closeOpenSessions() async {
        let now = journal.now()
        let events = journal.withCore { core in
            core.table.sessions.values.compactMap { session -> Event? in
                guard case .open = session.phase else { return nil }
                return Event(
                    session: session.id, sequence: session.sequence + 1,
                    partition: session.partition, body: .closed(due: now))
            }
        }
        guard !events.isEmpty else { return }
        do throws(RepriseError) {
            var last = LSN.zero
            // One frame each: the mirror copies frames, and does not take batches apart.
            for event in events { last = try journal.write([event], use: .reserve) }
            try await journal.log.waitDurable(last)
        } catch {
            logger.report(
                .warning, error, "open sessions could not be closed; their leases will run out")
        }
    }

    // MARK: Operations

    func newSessionID() -> SessionID {
        SessionID(
            time: journal.now(),
            random: (.random(in: .min ... .max), .random(in: .min ... .max)))
    }

    func open(
        _ id: SessionID, kind: Kind, record: [UInt8]?, headers: [Header], lease: Milliseconds?,
        acknowledgement: Acknowledgement?
    ) async throws(RepriseError) -> (session: Session, existed: Bool) {
        let traced = Spans.found.map { spans in
            TraceHeaders.adding(
                spans.currentHeaders, to: headers, journal.options.limits,
                bytes: record?.count ?? 0)
        }
        let (lsn, session) = try await journal.open(
            id, kind: kind, record: record, headers: traced ?? headers, lease: lease,
            partition: Node.partition(of: id, configuration))
        guard let session else {
            throw RepriseError(.notFound, "Session \(id) was ended while it was being opened.")
        }
        guard let lsn else {
            // Asked for again because nobody knew whether Kafka has it, so that is waited for.
            try await mirrored(journal.log.appended, id, acknowledgement)
            return (session, true)
        }
        try await mirrored(lsn, id, acknowledgement)
        return (session, false)
    }

    func append(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) {
        let lsn = try await journal.append(id, record: record, token: token)
        try await mirrored(lsn, id, acknowledgement)
    }

    func replace(
        _ id: SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) {
        let lsn = try await journal.replace(id, record: record, token: token)
        try await mirrored(lsn, id, acknowledgement)
    }

    func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position,
        acknowledgement: Acknowledgement?
    ) async throws(RepriseError) {
        let lsn = try await journal.extend(id, by: duration, token: token)
        try await mirrored(lsn, id, acknowledgement)
    }

    func complete(
        _ id: SessionID, token: Position, relaxed: Bool, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) {
        let kind = journal.session(id)?.kind
        let lsn = try await journal.complete(id, token: token, relaxed: relaxed)
        guard let mirror, !relaxed, wants(.mirrored, kind, acknowledgement) else { return }
        try await mirror.waitAcknowledged(lsn)
    }

    func close(
        _ id: SessionID, after delay: Milliseconds?, acknowledgement: Acknowledgement?
    ) async throws(RepriseError) {
        let kind = journal.session(id)?.kind
        let lsn = try await journal.close(id, after: delay)
        guard let mirror, wants(.mirrored, kind, acknowledgement) else { return }
        try await mirror.waitAcknowledged(lsn)
    }

    /// Waits for Kafka where that was asked for. An acknowledgement after the lease is none: the
    /// group may have the session by then, and decides.
    private func mirrored(
        _ lsn: LSN, _ id: SessionID, _ acknowledgement: Acknowledgement?
    ) async throws(RepriseError) {
        guard let mirror, let session = journal.session(id),
            wants(.mirrored, session.kind, acknowledgement)
        else { return }
        try await mirror.waitAcknowledged(lsn)
        let held = journal.withCore { core in core.table[id].map { core.heldUntil($0) } }
        guard let held, journal.now() < held else {
            throw RepriseError(
                .leaseExpired,
                "Kafka acknowledged the write after the lease of session \(id); recovery decides.")
        }
    }

    private func wants(
        _ wanted: Acknowledgement, _ kind: Kind?, _ asked: Acknowledgement?
    ) -> Bool {
        (asked ?? kind.map { journal.policy(of: $0).acknowledgement } ?? .local) == wanted
    }

    /// Pinned for the session's life: adding partitions never splits a session.
    private static func partition(
        of id: SessionID, _ configuration: RepriseConfiguration
    ) -> UInt32 {
        guard configuration.kafka != nil else { return 0 }
        let count = UInt64(max(1, configuration.topics.partitions))
        // The low half of a UUID is random; mixed, for ids that clients make up.
        let mixed = (id.low ^ id.high &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        return UInt32((mixed >> 32) % count)
    }

    func list(
        after last: SessionID?, limit: Int, where matches: (Session) -> Bool
    ) -> [Session] {
        let found = journal.withCore { core in
            core.table.sessions.values.filter { session in
                (last.map { $0 < session.id } ?? true) && matches(session)
            }
        }
        return Array(found.sorted { $0.id < $1.id }.prefix(max(0, limit)))
    }
}
