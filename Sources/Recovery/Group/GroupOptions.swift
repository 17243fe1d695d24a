package import Kafka
package import Model

/// A worker of the recovery group.
package struct GroupOptions: Sendable {
    /// Names the worker's writer in the events; each worker has its own.
    package var node: String
    package var kafka: KafkaConfiguration
    /// Its drain time-out must be longer than `drain`: results are written after the handlers have
    /// ended.
    package var group: KafkaGroup
    package var sessionsTopic: String
    /// Parked sessions go there, whole.
    package var deadLettersTopic: String
    /// Of the kinds; `partition.fallback` is that of all others.
    package var policies: [Kind: KindPolicy]
    package var partition = PartitionOptions()
    package var limits = Limits()
    /// How long running handlers may go on when partitions are given up, in milliseconds.
    package var drain: Milliseconds = 10_000
    /// Whether what lies below the committed mark is deleted from the topic.
    package var trims = true
    /// nil keeps no checkpoints: a restart folds from the group's offset.
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
