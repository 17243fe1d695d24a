internal import Model

/// Membership in a consumer group.
package struct KafkaGroup: Sendable, Hashable {
    /// How partitions are shared; the same for all members.
    package enum Assignor: String, Sendable, Hashable, CaseIterable {
        /// Every rebalance takes all partitions away and hands them out anew.
        case range
        /// Only partitions that move are taken away.
        case cooperativeSticky = "cooperative-sticky"
    }

    /// The consumer group's name; not empty.
    package var id: String
    /// Static membership: a member that comes back within the session time-out under the same id
    /// gets its partitions back without a rebalance.
    package var instanceID: String?
    /// Members with another one are refused by the group.
    package var assignor: Assignor
    /// Without a heartbeat for so long the group takes the member for dead.
    package var sessionTimeout: Duration
    /// So far below `sessionTimeout` that a lost heartbeat or two cost nothing.
    package var heartbeatInterval: Duration
    /// A sink that keeps the poll thread for longer loses its partitions.
    package var maxPollInterval: Duration
    /// How long the owner may take to answer a revocation before the partitions are given up
    /// without it.
    package var drainTimeout: Duration
    /// Most messages that one call of the sink gets.
    package var maxBatch: Int

    package init(
        id: String, instanceID: String? = nil, assignor: Assignor = .cooperativeSticky,
        sessionTimeout: Duration = .seconds(45), heartbeatInterval: Duration = .seconds(3),
        maxPollInterval: Duration = .seconds(300), drainTimeout: Duration = .seconds(30),
        maxBatch: Int = 1000
    ) {
        self.id = id
        self.instanceID = instanceID
        self.assignor = assignor
        self.sessionTimeout = sessionTimeout
        self.heartbeatInterval = heartbeatInterval
        self.maxPollInterval = maxPollInterval
        self.drainTimeout = drainTimeout
        self.maxBatch = maxBatch
    }

    func validate() throws(RepriseError) {
        if id.isEmpty {
            throw RepriseError(.kafkaConfiguration, "group.id is empty; name the recovery group")
        }
        if maxBatch < 1 {
            throw RepriseError(.kafkaConfiguration, "a batch must hold at least one message")
        }
        if drainTimeout >= maxPollInterval {
            throw RepriseError(
                .kafkaConfiguration,
                "the drain time-out must be shorter than max.poll.interval.ms, or the broker"
                    + " gives the partitions away while they are drained")
        }
    }
}
