package import Kafka
package import Model

/// A worker of the recovery group.
package struct GroupOptions: Sendable {
    package var node: String
    package var kafka: KafkaConfiguration
    package var group: KafkaGroup
    package var sessionsTopic: String
    package var deadLettersTopic: String
    package var policies: [Kind: KindPolicy]
    package var partition = PartitionOptions()
    package var limits = Limits()
    package var drain: Milliseconds = 10_000
    package var trims = true
    package var checkpointDirectory: String?

    package init(
        node: String, kafka: KafkaConfiguration, group: KafkaGroup, sessionsTopic: String,
        deadLettersTopic: String, policies: [Kind: KindPolicy]
    ) {
        self.node = node
        self.kafka = kafka
        self.group = group
        self.sessionsTopic = sessionsTopic
        self.deadLettersTopic = deadLettersTopic
        self.policies = policies
    }
}
