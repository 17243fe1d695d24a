internal import Kafka
public import Logging
public import Model
public import Recovery
public import ServiceLifecycle
internal import Synchronization
public import Transactions

/// A member of the recovery group: hands sessions that were not completed in time to their
/// handlers. Run as many as there are partitions; each is given a share of them.
///
/// ```swift
/// let worker = try await RecoveryWorker.start(configuration, handlers: [signUp: SignUpRecovery()])
/// try await ServiceGroup(services: [worker], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
public final class RecoveryWorker: Service {
    /// The member itself; what the HTTP server asks of a worker goes to it.
    package let group: GroupWorker
    let configuration: RepriseConfiguration
    let book: RecoveryBook
    private let end = EndSignal()
    private let isClosed = Atomic<Bool>(false)
    private let reporter = Mutex<MetricsReporter?>(nil)

    private init(
        group: GroupWorker, configuration: RepriseConfiguration, book: RecoveryBook
    ) {
        self.group = group
        self.book = book
        self.configuration = configuration
        ProcessMetrics.begin()
        reporter.withLock { reporter in
            reporter = MetricsReporter { [weak self] in self?.operations.samples() ?? [] }
        }
    }

    /// Checks the topics and joins the group.
    ///
    /// - Parameters:
    ///   - configuration: checked before anything is touched.
    ///   - handlers: what recovers the sessions of each kind.
    ///   - resources: the same databases, under the same names, as the nodes have. Where a node does
    ///     not commit in time what it has decided (`transactions.takeoverAfter`), this worker does.
    ///   - logger: told of what an operator should know.
    /// - Throws: `configuration`, `kafkaConfiguration`, `kafkaUnreachable`, `topicMissing`, and
    ///   `topicPolicy` where a topic could delete a session before its due time.
    public static func start(
        _ configuration: RepriseConfiguration, handlers: [Kind: any RecoveryHandler],
        resources: [any TransactionResource] = [], logger: Logger = Logger(label: "reprise")
    ) async throws(RepriseError) -> RecoveryWorker {
        try configuration.validate()
        let book = try RecoveryBook(resources: resources, logger: logger)
        let handlers = try book.handlers(handlers)
        guard let kafka = configuration.kafka else {
            throw RepriseError(
                .configuration,
                "A recovery worker needs kafka.brokers. Without Kafka the node "
                    + "recovers its sessions itself.")
        }
        _ = try await Topics.ensure(configuration, logger: logger)
        let directory = configuration.recovery.checkpointDirectory
        let pauses = try await onThread("pauses") { () throws(RepriseError) in
            if let directory { try PauseBook(directory: directory) } else { PauseBook() }
        }
        let group = GroupWorker(
            options: options(configuration, kafka, book), handlers: handlers, pauses: pauses,
            observer: RecoveryLog(logger: logger), logger: logger)
        try group.start()
        return RecoveryWorker(group: group, configuration: configuration, book: book)
    }

    private static func options(
        _ configuration: RepriseConfiguration, _ kafka: KafkaConfiguration, _ book: RecoveryBook
    ) -> GroupOptions {
        let recovery = configuration.recovery
        let group = KafkaGroup(
            id: recovery.group, instanceID: recovery.instanceID,
            assignor: recovery.assignor == .range ? .range : .cooperativeSticky,
            sessionTimeout: .milliseconds(recovery.sessionTimeout),
            heartbeatInterval: .milliseconds(max(100, recovery.sessionTimeout / 4)),
            maxPollInterval: .milliseconds(max(300_000, recovery.drainTimeout + 60_000)),
            drainTimeout: .milliseconds(recovery.drainTimeout + 5_000))
        var options = GroupOptions(
            node: configuration.node, kafka: kafka, group: group,
            sessionsTopic: configuration.topics.sessions,
            deadLettersTopic: configuration.topics.deadLetters,
            policies: book.policies(configuration.kinds))
        options.partition.allowance = recovery.clockAllowance
        options.partition.fallback = configuration.fallbackPolicy
        options.partition.markInterval = recovery.markInterval
        options.limits = configuration.limits
        options.drain = recovery.drainTimeout
        options.trims = recovery.trims
        options.checkpointDirectory = recovery.checkpointDirectory
        return options
    }

    /// Runs until a graceful shutdown, then leaves the group.
    public func run() async throws {
        _ = await end.wait()
        await close()
    }

    /// Claims nothing more, lets running handlers finish within the drain time, writes their
    /// results, and leaves the group.
    public func close() async {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        await reporter.withLock { $0.take() }?.stop()
        await group.stop()
    }
}
