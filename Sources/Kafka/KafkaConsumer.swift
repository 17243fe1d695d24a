internal import CRdKafka
package import Logging
package import Model

/// A member of a consumer group with a poll thread of its own.
///
/// The group's questions (`assigned`, `revoked`) and the messages go to the sink on that thread;
/// answers may come from any thread. Offsets are committed only when asked. `close` must be
/// called; a consumer that is merely forgotten is closed in the background.
package final class KafkaConsumer: Sendable {
    private let core: ConsumerCore

    /// Quiet until `subscribe`.
    ///
    /// - Throws: `kafkaConfiguration`.
    package init(
        _ configuration: KafkaConfiguration, group: KafkaGroup, logger: Logger = .silent,
        sink: any KafkaConsumerSink
    ) throws(RepriseError) {
        try configuration.validate()
        try group.validate()
        let properties = try ClientProperties(configuration, role: .consumer(group))
        let client = try Conf(properties).newClient(
            RD_KAFKA_CONSUMER,
            events: RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_REBALANCE
                | RD_KAFKA_EVENT_OFFSET_COMMIT)
        core = try ConsumerCore(client: client, group: group, logger: logger)
        try core.start(sink)
    }

    deinit { core.requestClose(within: 10_000) }

    /// Joins the group for these topics.
    package func subscribe(_ topics: [String]) throws(RepriseError) {
        let list = PartitionList(
            topics.map { KafkaPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
        let code = try core.handle.use { (client) throws(RepriseError) in
            rd_kafka_subscribe(client, list.pointer)
        }
        try KafkaError(code).orThrow("the topics \(topics) could not be subscribed to")
    }

    /// Answers `assigned`: says where to begin. A partition of the rebalance that is not named
    /// begins at the group's committed offset. An answer to an old question does nothing.
    package func completeAssignment(
        _ rebalance: KafkaRebalance, starts: [(partition: KafkaPartition, start: KafkaStart)]
    ) {
        core.post(.assign(rebalance.id, starts.map { ($0.partition, $0.start) }))
    }

    /// Answers `revoked`: the partitions may go. An answer to an old question does nothing.
    package func completeRevocation(_ rebalance: KafkaRebalance) {
        core.post(.unassign(rebalance.id))
    }

    /// Stops reading; messages of these partitions that are in the current batch still come.
    package func pause(_ partitions: [KafkaPartition]) throws(RepriseError) {
        let list = PartitionList(partitions)
        let code = try core.handle.use { (client) throws(RepriseError) in
            rd_kafka_pause_partitions(client, list.pointer)
        }
        try KafkaError(code).orThrow("the partitions could not be paused")
    }

    /// Goes on where `pause` stopped; nothing was passed over.
    package func resume(_ partitions: [KafkaPartition]) throws(RepriseError) {
        let list = PartitionList(partitions)
        let code = try core.handle.use { (client) throws(RepriseError) in
            rd_kafka_resume_partitions(client, list.pointer)
        }
        try KafkaError(code).orThrow("the partitions could not be resumed")
    }

    /// Goes on reading assigned partitions elsewhere. Messages of the current batch still come
    /// from the old place; blocks the calling thread up to `timeout`, zero to not wait.
    package func seek(
        _ offsets: [KafkaOffset], timeout: Duration = .zero
    ) throws(RepriseError) {
        let list = PartitionList(offsets)
        try core.handle.use { (client) throws(RepriseError) in
            let timeout = timeout.pollMilliseconds
            let failure = ErrorObject(rd_kafka_seek_partitions(client, list.pointer, timeout))
            if let failure {
                throw failure.error.error(
                    "the reading position could not be moved", detail: failure.text)
            }
        }
    }

    /// Commits the offsets of the next messages to read; the result comes to the sink as
    /// `committed`. Does not wait.
    package func commit(_ offsets: [KafkaOffset], slot: UInt64) throws(RepriseError) {
        try core.commit(offsets, .sink(slot))
    }

    /// Commits and waits for the broker's answer.
    ///
    /// - Throws: `fenced` when the partitions belong to another member by now, and others.
    package func commit(_ offsets: [KafkaOffset]) async throws(RepriseError) {
        let result: RepriseError? = await withCheckedContinuation { continuation in
            do throws(RepriseError) {
                try core.commit(offsets, .task(continuation))
            } catch {
                continuation.resume(returning: error)
            }
        }
        if let result { throw result }
    }

    /// What the group has committed; nil where it has not. Blocks the calling thread: may be
    /// called from the sink, never from a task.
    package func committed(
        _ partitions: [KafkaPartition], timeout: Duration
    ) throws(RepriseError) -> [KafkaPartition: Int64] {
        let list = PartitionList(partitions)
        let code = try core.handle.use { (client) throws(RepriseError) in
            rd_kafka_committed(client, list.pointer, timeout.pollMilliseconds)
        }
        try KafkaError(code).orThrow("the group's committed offsets could not be read")
        var offsets: [KafkaPartition: Int64] = [:]
        for element in list.elements {
            try KafkaError(element.err).orThrow(
                "the group's committed offset of a partition could not be read")
            if element.offset >= 0 { offsets[KafkaPartition(element)] = element.offset }
        }
        return offsets
    }

    /// Asks the partition's leader. Blocks the calling thread: may be called from the sink,
    /// never from a task.
    package func watermarks(
        _ partition: KafkaPartition, timeout: Duration
    ) throws(RepriseError) -> KafkaWatermarks {
        try core.handle.use { (client) throws(RepriseError) in
            try Watermarks.query(client, partition, timeout: timeout)
        }
    }

    /// Begins to leave the group; the sink is asked to give its partitions up as in any
    /// rebalance. Safe in the sink.
    package func requestClose(within timeout: Duration = .seconds(10)) {
        core.requestClose(within: timeout.roundedUpMilliseconds)
    }

    /// Leaves the group and waits for the end of the poll thread: afterwards the sink hears
    /// nothing more.
    package func close(within timeout: Duration = .seconds(10)) async {
        requestClose(within: timeout)
        await core.finished.wait()
    }

    /// As `close`, for a thread that may block. Never call it from the sink or a task.
    package func closeBlocking(within timeout: Duration = .seconds(10)) {
        requestClose(within: timeout)
        core.finished.block()
    }
}
