package import Kafka

/// What the topics must be like, for whoever only looks.
package enum TopicPlans {
    /// Sessions, dead letters and transactions.
    package static func all(_ configuration: RepriseConfiguration) -> [KafkaTopicPlan] {
        [
            Topics.sessionsPlan(configuration), Topics.deadLettersPlan(configuration),
            Topics.transactionsPlan(configuration),
        ]
    }
}
