public import Kafka
public import Logging
public import Model
public import ServiceLifecycle
internal import Synchronization
public import Transactions

/// Follows the transactions topic in a consumer group of its own, and hands what it says to a
/// closure: one event at a time, those of a partition in their order.
///
/// ```swift
/// let subscription = try OutcomeSubscription.start(
///     .init(kafka: KafkaConfiguration(brokers: ["localhost:9092"]), group: "billing")
/// ) { event in
///     guard try await ledger.remember(event.id) else { return }
///     …
/// }
/// try await ServiceGroup(services: [subscription], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
///
/// At least once: the group's offset moves after the closure has returned, and the mirror may send an
/// event again. `OutcomeEvent.id` tells repetitions: remember it together with the effect.
public final class OutcomeSubscription: Service {
    private let consumer: KafkaConsumer
    private let inbox: OutcomeInbox
    private let task: Task<Void, Never>
    private let end: EndSignal
    private let isClosed = Atomic<Bool>(false)

    /// Joins the group. A topic that is missing yet is waited for.
    ///
    /// - Parameters:
    ///   - options: the brokers, the group, the topic.
    ///   - logger: hears of what cannot be read, handled or committed.
    ///   - handler: what it throws is logged, and the event is given to it again after a pause, until
    ///     it returns or the subscription is closed.
    /// - Throws: `kafkaConfiguration`.
    public static func start(
        _ options: Options, logger: Logger = Logger(label: "reprise"),
        handler: @escaping @Sendable (OutcomeEvent) async throws -> Void
    ) throws(RepriseError) -> OutcomeSubscription {
        try OutcomeSubscription(options, logger, handler)
    }

    private init(
        _ options: Options, _ logger: Logger,
        _ handler: @escaping @Sendable (OutcomeEvent) async throws -> Void
    ) throws(RepriseError) {
        let inbox = OutcomeInbox(logger: logger)
        let end = EndSignal()
        let group = KafkaGroup(
            id: options.group, assignor: options.assignor == .range ? .range : .cooperativeSticky,
            maxBatch: OutcomeInbox.pausesAt / 2)
        let consumer = try KafkaConsumer(
            options.kafka, group: group, logger: logger, sink: inbox)
        inbox.consumer.withLock { $0 = consumer }
        let runner = OutcomeRunner(
            inbox: inbox, consumer: consumer, logger: logger, handler: handler)
        self.consumer = consumer
        self.inbox = inbox
        self.end = end
        task = Task {
            if let error = await runner.run() { end.signal(error) }
        }
        do throws(RepriseError) {
            try consumer.subscribe([options.topic])
        } catch {
            inbox.close()
            consumer.requestClose()
            throw error
        }
    }

    /// Runs until a graceful shutdown, then leaves the group.
    ///
    /// - Throws: `kafkaFatal` or `fenced` when the group's member is used up.
    public func run() async throws {
        let error = await end.wait()
        await close()
        if let error { throw error }
    }

    /// Lets the event that is being handled finish, commits, and leaves the group.
    public func close() async {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        inbox.close()
        await task.value
        await consumer.close()
        inbox.consumer.withLock { $0 = nil }
    }

    /// What to follow, and as whom.
    public struct Options: Sendable, Hashable {
        public var kafka: KafkaConfiguration
        /// The consumer group: each sees every outcome, its members share them.
        public var group: String
        /// The name of the topic. Default `reprise.transactions`.
        public var topic = TopicSettings().transactions
        /// How the group's members share the partitions. Default `cooperative-sticky`.
        public var assignor = RecoverySettings.Assignor.cooperativeSticky

        /// The topic of the default prefix.
        public init(kafka: KafkaConfiguration, group: String) {
            self.kafka = kafka
            self.group = group
        }
    }
}
