internal import Kafka
public import Logging
public import Model
internal import Platform
internal import Recovery
public import Sessions

/// Looks at the recovery group's sessions, and tells it what an operator wants, without asking a
/// worker: a fold of its own over the topics.
public struct GroupInspection: Sendable {
    let view: GroupView
    let logger: Logger
    let limits: Limits

    /// - Throws: `configuration` without Kafka.
    public init(
        _ configuration: RepriseConfiguration, logger: Logger = Logger(label: "reprise")
    ) throws(RepriseError) {
        guard let kafka = configuration.kafka else {
            throw RepriseError(.configuration, "Set kafka.brokers to look at the group's sessions.")
        }
        limits = configuration.limits
        self.logger = logger
        view = GroupView(
            options: GroupView.Options(
                kafka: kafka, group: configuration.recovery.group,
                sessionsTopic: configuration.topics.sessions,
                deadLettersTopic: configuration.topics.deadLetters),
            logger: logger)
    }

    /// Every session that is not finished, in the order of ids; those in the dead-letter topic
    /// among them, as parked. Reads the topics from the low-water marks to their ends.
    ///
    /// - Throws: `kafkaUnreachable`, `kafkaTimeout`, `topicMissing`.
    public func sessions() async throws(RepriseError) -> [Session] {
        let picture = try await view.picture()
        var found = picture.deadLetters
        for table in picture.tables.values {
            for (id, session) in table.sessions { found[id] = session }
        }
        return found.values.sorted { $0.id < $1.id }
    }

    /// One session; reads as much as `sessions`.
    ///
    /// - Throws: `notFound`, and as `sessions`.
    public func session(_ id: SessionID) async throws(RepriseError) -> Session {
        guard let session = try await view.picture().session(id) else {
            throw RepriseError(.notFound, "Session \(id) is finished or was never in Kafka.")
        }
        return session
    }

    /// Makes a waiting or parked session due after `delay`, with all its attempts again where it
    /// was parked. On a running session it is done when the run ends. Kafka has the order when the
    /// call returns.
    ///
    /// - Throws: `notFound`, `invalidRequest` while the session is its writer's, and as `sessions`.
    public func requeue(
        _ id: SessionID, after delay: Milliseconds, now: Timestamp
    ) async throws(RepriseError) {
        let picture = try await view.picture()
        guard let session = picture.session(id) else { throw GroupInspection.missing(id) }
        try GroupInspection.refuseHeld(session, now: now)
        let isListed = picture.deadLetters[id] != nil
        if isListed, picture.isOnlyDeadLetter(id) {
            let letter = Requeueing(letter: session, after: delay)
            if let error = await requeue([letter], now: now).first ?? nil { throw error }
            return
        }
        // A letter of a session that has come back was left by somebody who died: it goes now.
        let now = max(now, SystemTime().now())
        let least = isListed ? GroupInspection.removalTime : 0
        let requeue = Event.Requeue(
            due: min(now + max(least, delay), limits.maxDue), time: now)
        try await view.write(
            Event(session: id, partition: session.partition, body: .requeued(requeue)))
        if isListed { await take([id], asOf: now) }
    }

    /// Drops a waiting or parked session for good. Throws as `requeue`.
    public func cancel(_ id: SessionID, now: Timestamp) async throws(RepriseError) {
        let picture = try await view.picture()
        guard let session = picture.session(id) else { throw GroupInspection.missing(id) }
        try GroupInspection.refuseHeld(session, now: now)
        try await view.write(
            Event(session: id, partition: session.partition, body: .cancelled(at: now)))
        if picture.deadLetters[id] != nil { try await view.removeDeadLetters([id]) }
    }

    /// Sets a waiting session aside until it is requeued. Throws as `requeue`.
    public func park(
        _ id: SessionID, reason: String, now: Timestamp
    ) async throws(RepriseError) {
        let session = try await session(id)
        try GroupInspection.refuseHeld(session, now: now)
        let parking = Parking(
            reason: .handlerRefused, detail: Limits().clipped(reason), time: now)
        try await view.write(
            Event(
                session: id, partition: session.partition, body: .parked(parking, token: .none)))
    }

    private static func missing(_ id: SessionID) -> RepriseError {
        RepriseError(.notFound, "Session \(id) is finished or was never in Kafka.")
    }

    private static func refuseHeld(
        _ session: Session, now: Timestamp
    ) throws(RepriseError) {
        if case .open(let lease) = session.phase, now < lease {
            throw RepriseError(
                .invalidRequest,
                "Session \(session.id) is open: its writer has it until its lease runs out.")
        }
    }
}

/// Makes or checks the topics.
public enum TopicSetup {
    /// Gives the number of partitions of the sessions topic.
    ///
    /// - Throws: `topicMissing`, `topicPolicy`, `topicPartitions`, `kafkaUnreachable`.
    public static func run(
        _ configuration: RepriseConfiguration, creates: Bool,
        logger: Logger = Logger(label: "reprise")
    ) async throws(RepriseError) -> Int {
        guard configuration.kafka != nil else {
            throw RepriseError(.configuration, "Set kafka.brokers to make or check topics.")
        }
        var configuration = configuration
        configuration.topics.creates = creates
        return try await Topics.ensure(configuration, logger: logger)
    }
}
