internal import Platform
internal import Kafka
internal import Logging
internal import Mirror
internal import Model

/// Sees to it that the topics are there and will not eat a session.
enum Topics {
    /// Tries until it succeeds: Kafka may be away when a node starts, and local work goes on.
    static func prepare(
        _ configuration: RepriseConfiguration, for mirror: Mirror, logger: Logger
    ) async {
        var pause = 1
        while !Task.isCancelled {
            do throws(RepriseError) {
                _ = try await ensure(configuration, logger: logger)
                mirror.begin()
                return
            } catch {
                mirror.report(error)
                logger.report(
                    .warning, error,
                    "the topics are not ready; the journal keeps everything meanwhile")
            }
            try? await Task.sleep(for: .seconds(pause))
            pause = min(pause * 2, 30)
        }
    }

    /// Makes or checks the topics; gives the sessions topic's number of partitions.
    static func ensure(
        _ configuration: RepriseConfiguration, logger: Logger
    ) async throws(RepriseError) -> Int {
        guard let kafka = configuration.kafka else { return 0 }
        let admin = try KafkaAdmin(kafka, logger: logger)
        let result: Result<Int, RepriseError>
        do throws(RepriseError) {
            let count = try await admin.ensure(
                sessionsPlan(configuration), creates: configuration.topics.creates,
                checksPolicies: configuration.topics.checksPolicies)
            _ = try await admin.ensure(
                deadLettersPlan(configuration), creates: configuration.topics.creates,
                checksPolicies: configuration.topics.checksPolicies)
            _ = try await admin.ensure(
                transactionsPlan(configuration), creates: configuration.topics.creates,
                checksPolicies: configuration.topics.checksPolicies)
            result = .success(count)
        } catch {
            result = .failure(error)
        }
        await admin.close()
        return try result.get()
    }

    static func sessionsPlan(_ configuration: RepriseConfiguration) -> KafkaTopicPlan {
        KafkaTopicPlan(
            name: configuration.topics.sessions, partitions: Int(configuration.topics.partitions),
            replication: Int(configuration.topics.replication), cleanupPolicy: "delete",
            leastRetention: leastRetention(configuration), checksRetention: true)
    }

    static func deadLettersPlan(_ configuration: RepriseConfiguration) -> KafkaTopicPlan {
        KafkaTopicPlan(
            name: configuration.topics.deadLetters, partitions: 1,
            replication: Int(configuration.topics.replication), cleanupPolicy: "compact",
            leastRetention: nil, checksRetention: false)
    }

    /// For subscribers: how long its messages are kept is theirs to decide.
    static func transactionsPlan(_ configuration: RepriseConfiguration) -> KafkaTopicPlan {
        KafkaTopicPlan(
            name: configuration.topics.transactions,
            partitions: Int(configuration.topics.partitions),
            replication: Int(configuration.topics.replication), cleanupPolicy: "delete",
            leastRetention: nil, checksRetention: false)
    }

    /// Twice the age at which the oldest kind is parked; nil where a kind may wait for ever.
    private static func leastRetention(_ configuration: RepriseConfiguration) -> Milliseconds? {
        var policies = Array(configuration.kinds.values)
        policies.append(configuration.fallbackPolicy)
        var least: Milliseconds = 0
        for policy in policies {
            guard policy.retry.maxAge > 0 else { return nil }
            least = max(least, policy.retry.maxAge)
        }
        return least > Milliseconds.max / 2 ? nil : least * 2
    }
}
