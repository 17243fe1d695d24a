internal import CRdKafka
package import Model

/// A topic to be created.
package struct KafkaNewTopic: Sendable, Hashable {
    package var name: String
    /// More than 0; can be raised later, never lowered.
    package var partitions: Int
    /// -1: the broker's default.
    package var replication: Int
    /// Such as `cleanup.policy`.
    package var configuration: [String: String]

    package init(
        _ name: String, partitions: Int, replication: Int = -1,
        configuration: [String: String] = [:]
    ) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configuration = configuration
    }
}

extension KafkaAdmin {
    /// Creates a topic; one that is there already is left as it is.
    ///
    /// - Returns: whether the topic is new.
    /// - Throws: `kafkaRefused` and, when Kafka is not there, `kafkaUnreachable`.
    package func createTopic(_ topic: KafkaNewTopic) async throws(RepriseError) -> Bool {
        try await core.run { (client, timeout) throws(AdminFailure) in
            var text = [CChar](repeating: 0, count: 512)
            guard
                let new = rd_kafka_NewTopic_new(
                    topic.name, Int32(clamping: topic.partitions),
                    Int32(clamping: topic.replication), &text, text.count)
            else {
                throw AdminFailure(
                    KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG),
                    "topic \(topic.name) cannot be created", detail: String(cString: &text))
            }
            defer { rd_kafka_NewTopic_destroy(new) }
            for (name, value) in topic.configuration {
                rd_kafka_NewTopic_set_config(new, name, value)
            }
            let what = "topic \(topic.name) was not created"
            let event = try AdminCall(client, timeout).wait(
                what, RD_KAFKA_EVENT_CREATETOPICS_RESULT, RD_KAFKA_ADMIN_OP_CREATETOPICS
            ) { options, queue in
                var topics: [OpaquePointer?] = [new]
                rd_kafka_CreateTopics(client, &topics, 1, options, queue)
            }
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(event.pointer, &count)
            let exists = RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS
            return try AdminCall.check(results, count, what, tolerating: exists)
        }
    }

    /// Raises a topic's number of partitions; sessions that are pinned stay where they are.
    package func createPartitions(
        _ topic: String, total: Int
    ) async throws(RepriseError) {
        try await core.run { (client, timeout) throws(AdminFailure) in
            var text = [CChar](repeating: 0, count: 512)
            guard let new = rd_kafka_NewPartitions_new(topic, total, &text, text.count) else {
                throw AdminFailure(
                    KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG),
                    "topic \(topic) cannot have \(total) partitions", detail: String(cString: &text)
                )
            }
            defer { rd_kafka_NewPartitions_destroy(new) }
            let what = "topic \(topic) was not given \(total) partitions"
            let event = try AdminCall(client, timeout).wait(
                what, RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS
            ) { options, queue in
                var changes: [OpaquePointer?] = [new]
                rd_kafka_CreatePartitions(client, &changes, 1, options, queue)
            }
            var count = 0
            let results = rd_kafka_CreatePartitions_result_topics(event.pointer, &count)
            _ = try AdminCall.check(results, count, what, tolerating: nil)
        }
    }

    /// A topic's settings, defaults included; secrets come without value and are left out.
    package func configuration(
        ofTopic topic: String
    ) async throws(RepriseError) -> [String: String] {
        try await core.run { (client, timeout) throws(AdminFailure) in
            guard let resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic) else {
                throw AdminFailure(
                    KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG), "\"\(topic)\" is no topic name")
            }
            defer { rd_kafka_ConfigResource_destroy(resource) }
            let what = "the settings of topic \(topic) could not be read"
            let event = try AdminCall(client, timeout).wait(
                what, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS
            ) { options, queue in
                var resources: [OpaquePointer?] = [resource]
                rd_kafka_DescribeConfigs(client, &resources, 1, options, queue)
            }
            var count = 0
            guard
                let found = rd_kafka_DescribeConfigs_result_resources(event.pointer, &count),
                count > 0, let first = found[0]
            else {
                throw AdminFailure(KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG), what)
            }
            let status = KafkaError(rd_kafka_ConfigResource_error(first))
            if !status.isSuccess { throw AdminFailure(status, what) }
            return AdminCall.entries(of: first)
        }
    }

    /// Trims: everything below the given offsets may be dropped by the brokers.
    ///
    /// - Returns: each partition's lowest offset after that.
    package func deleteRecords(
        before offsets: [KafkaOffset]
    ) async throws(RepriseError) -> [KafkaPartition: Int64] {
        try await core.run { (client, timeout) throws(AdminFailure) in
            let list = PartitionList(offsets)
            guard let new = rd_kafka_DeleteRecords_new(list.pointer) else {
                throw AdminFailure(
                    KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG), "no records can be deleted there")
            }
            defer { rd_kafka_DeleteRecords_destroy(new) }
            let what = "records could not be deleted"
            let event = try AdminCall(client, timeout).wait(
                what, RD_KAFKA_EVENT_DELETERECORDS_RESULT, RD_KAFKA_ADMIN_OP_DELETERECORDS
            ) { options, queue in
                var deletions: [OpaquePointer?] = [new]
                rd_kafka_DeleteRecords(client, &deletions, 1, options, queue)
            }
            var lows: [KafkaPartition: Int64] = [:]
            for element in PartitionList.elements(
                of: rd_kafka_DeleteRecords_result_offsets(event.pointer))
            {
                let partition = KafkaPartition(element)
                let status = KafkaError(element.err)
                if !status.isSuccess { throw AdminFailure(status, "\(what) of \(partition)") }
                lows[partition] = element.offset
            }
            return lows
        }
    }

    /// What a group has committed; partitions without a commit are left out.
    package func committed(
        group: String, _ partitions: [KafkaPartition]
    ) async throws(RepriseError) -> [KafkaPartition: Int64] {
        try await core.run { (client, timeout) throws(AdminFailure) in
            let list = PartitionList(partitions)
            guard let ask = rd_kafka_ListConsumerGroupOffsets_new(group, list.pointer) else {
                throw AdminFailure(
                    KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG), "\"\(group)\" is no group name")
            }
            defer { rd_kafka_ListConsumerGroupOffsets_destroy(ask) }
            let what = "the committed offsets of group \(group) could not be read"
            let event = try AdminCall(client, timeout).wait(
                what, RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT,
                RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS
            ) { options, queue in
                var questions: [OpaquePointer?] = [ask]
                rd_kafka_ListConsumerGroupOffsets(client, &questions, 1, options, queue)
            }
            var count = 0
            let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(event.pointer, &count)
            var offsets: [KafkaPartition: Int64] = [:]
            for index in 0..<count {
                guard let result = groups?[index] else { continue }
                if let error = rd_kafka_group_result_error(result) {
                    let status = KafkaError(rd_kafka_error_code(error))
                    if !status.isSuccess { throw AdminFailure(status, what) }
                }
                for element in PartitionList.elements(
                    of: rd_kafka_group_result_partitions(result))
                {
                    let status = KafkaError(element.err)
                    if !status.isSuccess { throw AdminFailure(status, what) }
                    if element.offset >= 0 { offsets[KafkaPartition(element)] = element.offset }
                }
            }
            return offsets
        }
    }
}
