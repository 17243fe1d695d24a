package import Model

/// What a topic must be like; made so where it is missing, checked where it is there.
package struct KafkaTopicPlan: Sendable, Hashable {
    package var name: String
    /// What a new topic gets, and the least that one that is there must have.
    package var partitions: Int
    /// -1 takes the broker's default.
    package var replication: Int
    /// `delete` or `compact`; a topic with another one is refused.
    package var cleanupPolicy: String
    /// The least retention that eats nothing: milliseconds, or nil where only "for ever" will do.
    package var leastRetention: Milliseconds?
    /// Whether time and size must not delete anything; false for a compacted topic.
    package var checksRetention: Bool

    package init(
        name: String, partitions: Int, replication: Int, cleanupPolicy: String,
        leastRetention: Milliseconds?, checksRetention: Bool
    ) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.cleanupPolicy = cleanupPolicy
        self.leastRetention = leastRetention
        self.checksRetention = checksRetention
    }
}

extension KafkaAdmin {
    /// Makes the topic where it is missing and `creates` allows it; then checks it.
    ///
    /// - Returns: its number of partitions, which may be more than planned.
    /// - Throws: `topicMissing`, `topicPolicy`, `topicPartitions`, and as `checkReachable`.
    package func ensure(
        _ plan: KafkaTopicPlan, creates: Bool, checksPolicies: Bool = true
    ) async throws(RepriseError) -> Int {
        var count: Int
        do throws(RepriseError) {
            count = try await partitionCount(of: plan.name)
        } catch {
            guard error.code == .topicMissing, creates else { throw error }
            var configuration = ["cleanup.policy": plan.cleanupPolicy]
            if plan.checksRetention {
                configuration["retention.ms"] = "-1"
                configuration["retention.bytes"] = "-1"
            }
            _ = try await createTopic(
                KafkaNewTopic(
                    plan.name, partitions: plan.partitions, replication: plan.replication,
                    configuration: configuration))
            count = try await partitionCount(of: plan.name)
        }
        if checksPolicies { try await check(plan) }
        guard count >= plan.partitions else {
            throw RepriseError(
                .topicPartitions,
                "The topic \(plan.name) has \(count) partitions, fewer than the "
                    + "\(plan.partitions) that are configured. Add partitions to the topic, or "
                    + "lower topics.partitions.")
        }
        return count
    }

    /// Refuses a topic whose policy could delete a session before its due time.
    private func check(_ plan: KafkaTopicPlan) async throws(RepriseError) {
        let found: [String: String]
        do throws(RepriseError) {
            found = try await configuration(ofTopic: plan.name)
        } catch {
            // A broker that cannot tell is not a reason to refuse to work.
            if error.code == .kafkaRefused { return }
            throw error
        }
        if let policy = found["cleanup.policy"], policy != plan.cleanupPolicy {
            throw RepriseError(
                .topicPolicy,
                "The topic \(plan.name) has cleanup.policy=\(policy); it must be "
                    + "\(plan.cleanupPolicy), or sessions are lost.")
        }
        guard plan.checksRetention else { return }
        if let bytes = found["retention.bytes"], bytes != "-1" {
            throw RepriseError(
                .topicPolicy,
                "The topic \(plan.name) has retention.bytes=\(bytes); set it to -1: Reprise "
                    + "trims what is finished itself.")
        }
        guard let text = found["retention.ms"], let retention = Int64(text), retention >= 0 else {
            return
        }
        guard let least = plan.leastRetention, retention >= least else {
            let wanted = plan.leastRetention.map { "at least \($0)" } ?? "-1"
            throw RepriseError(
                .topicPolicy,
                "The topic \(plan.name) has retention.ms=\(text); it must be -1 or \(wanted), "
                    + "or sessions are deleted before their due time.")
        }
    }
}
