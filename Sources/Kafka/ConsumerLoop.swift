internal import Platform
internal import CRdKafka
internal import Logging
internal import Model

/// The poll thread of a consumer: all that it touches, no other thread does.
struct ConsumerLoop {
    private enum Question {
        case none
        case assign(KafkaRebalance)
        /// `deadline` in monotonic milliseconds.
        case revoke(KafkaRebalance, deadline: Int64)
    }

    private enum Phase {
        case open, closing, closed
    }

    private let core: ConsumerCore
    private let sink: any KafkaConsumerSink
    private let client: OpaquePointer
    private let queue: OpaquePointer
    private var question = Question.none
    private var lastQuestion: UInt64 = 0
    private var phase = Phase.open
    private var wasAssigned = false
    private var events: [OpaquePointer] = []
    private var messages: [UnsafePointer<rd_kafka_message_t>] = []

    init(_ core: ConsumerCore, _ sink: any KafkaConsumerSink) {
        self.core = core
        self.sink = sink
        client = core.handle.client
        queue = core.handle.queue
    }

    mutating func run() {
        while phase != .closed {
            for command in core.takeCommands() { perform(command) }
            giveUpOverdueRevocation()
            advanceClosing()
            if phase != .closed { poll() }
        }
        end()
    }

    // MARK: Polling

    private mutating func poll() {
        var timeout = waitMilliseconds
        while messages.count < core.group.maxBatch,
            let event = Event(from: queue, timeout: timeout)
        {
            timeout = 0
            if event.type == RD_KAFKA_EVENT_FETCH {
                if let message = rd_kafka_event_message_next(event.pointer) {
                    messages.append(message)
                    events.append(event.take())
                }
            } else {
                // What was read before the event belongs before it.
                deliver()
                take(event)
            }
        }
        deliver()
    }

    private var waitMilliseconds: Int32 {
        var wait: Int64 = 1000
        let now = MonotonicClock.milliseconds
        if case .revoke(_, let deadline) = question { wait = min(wait, deadline - now) }
        // While closing, the end may come without an event.
        if phase == .closing { wait = min(wait, 50) }
        return Int32(max(0, wait))
    }

    // Inlining it crashes the optimiser of Swift 6.3 (a release build only).
    @inline(never)
    private mutating func deliver() {
        guard !messages.isEmpty else { return }
        sink.receive(KafkaBatch(messages))
        messages.removeAll(keepingCapacity: true)
        for event in events { rd_kafka_event_destroy(event) }
        events.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ event: borrowing Event) {
        switch event.type {
        case RD_KAFKA_EVENT_REBALANCE: rebalance(event)
        case RD_KAFKA_EVENT_OFFSET_COMMIT: committed(event)
        case RD_KAFKA_EVENT_ERROR: failed(event)
        case RD_KAFKA_EVENT_LOG: LogBridge.forward(event, to: core.logger)
        default: break
        }
    }

    private func failed(_ event: borrowing Event) {
        guard let place = rd_kafka_event_topic_partition(event.pointer) else {
            sink.handle(.failed(event.clientError(of: client)))
            return
        }
        defer { rd_kafka_topic_partition_destroy(place) }
        let partition = KafkaPartition(place.pointee)
        if event.error.code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            sink.handle(.reachedEnd(partition, offset: place.pointee.offset))
        } else {
            let error = event.error.error("\(partition) cannot be read", detail: event.errorText)
            sink.handle(.failed(error))
        }
    }

    private func committed(_ event: borrowing Event) {
        let slot = UInt(bitPattern: rd_kafka_event_opaque(event.pointer))
        var error = event.error
        for element in PartitionList.elements(
            of: rd_kafka_event_topic_partition_list(event.pointer)) where error.isSuccess
        {
            error = KafkaError(element.err)
        }
        let result = error.isSuccess ? nil : error.error("the offsets could not be committed")
        switch core.takeCommitter(slot) {
        case .sink(let slot)?: sink.handle(.committed(slot: slot, error: result))
        case .task(let continuation)?: continuation.resume(returning: result)
        case nil: break
        }
    }

    // MARK: Rebalancing

    private mutating func rebalance(_ event: borrowing Event) {
        let list = rd_kafka_event_topic_partition_list(event.pointer)
        lastQuestion += 1
        let rebalance = KafkaRebalance(
            id: lastQuestion, partitions: PartitionList.partitions(in: list))
        if event.error.code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            wasAssigned = true
            question = .assign(rebalance)
            // Nothing to choose, or nobody to choose it for.
            let obvious = rebalance.partitions.isEmpty || phase != .open
            if obvious { perform(.assign(rebalance.id, [])) }
            if phase == .open { sink.handle(.assigned(rebalance)) }
        } else if rd_kafka_assignment_lost(client) != 0 {
            unassign(rebalance.partitions)
            sink.handle(.lost(rebalance))
        } else {
            let drain = core.group.drainTimeout.roundedUpMilliseconds
            question = .revoke(rebalance, deadline: MonotonicClock.milliseconds + drain)
            if rebalance.partitions.isEmpty { perform(.unassign(rebalance.id)) }
            sink.handle(.revoked(rebalance))
        }
    }

    private mutating func perform(_ command: ConsumerCore.Command) {
        switch (command, question) {
        case (.assign(let id, let starts), .assign(let rebalance)) where id == rebalance.id:
            assign(rebalance.partitions, starts)
        case (.unassign(let id), .revoke(let rebalance, _)) where id == rebalance.id:
            unassign(rebalance.partitions)
        default:
            break  // The answer to a question that another rebalance overtook.
        }
    }

    private mutating func assign(
        _ partitions: [KafkaPartition], _ starts: [(KafkaPartition, KafkaStart)]
    ) {
        question = .none
        let chosen = Dictionary(starts, uniquingKeysWith: { first, _ in first })
        let list = PartitionList(partitions.map { ($0, chosen[$0] ?? .committed) })
        // The protocol follows from our own setting: asking librdkafka for it can hang (4041).
        switch core.group.assignor {
        case .cooperativeSticky:
            tell(ErrorObject(rd_kafka_incremental_assign(client, list.pointer)))
        case .range:
            tell(rd_kafka_assign(client, list.pointer))
        }
    }

    private mutating func unassign(_ partitions: [KafkaPartition]) {
        question = .none
        switch core.group.assignor {
        case .cooperativeSticky:
            let list = PartitionList(partitions)
            tell(ErrorObject(rd_kafka_incremental_unassign(client, list.pointer)))
        case .range:
            tell(rd_kafka_assign(client, nil))
        }
    }

    private func tell(_ error: consuming ErrorObject?) {
        guard let error else { return }
        tell(error.error, error.text)
    }

    private func tell(_ code: rd_kafka_resp_err_t) {
        let error = KafkaError(code)
        if !error.isSuccess { tell(error, error.text) }
    }

    private func tell(_ error: KafkaError, _ text: String) {
        let message = "the group's assignment could not be changed"
        sink.handle(.failed(error.error(message, detail: text)))
    }

    private mutating func giveUpOverdueRevocation() {
        guard case .revoke(let rebalance, let deadline) = question,
            MonotonicClock.milliseconds >= deadline
        else { return }
        core.logger.report(
            .warning, .fenced, "partitions were given up before their owner was done",
            metadata: ["kafka.partitions": "\(rebalance.partitions)"])
        unassign(rebalance.partitions)
        sink.handle(.lost(rebalance))
    }

    // MARK: Closing

    private mutating func advanceClosing() {
        guard let deadline = core.closeDeadline else { return }
        if phase == .open { beginClosing() }
        if rd_kafka_consumer_closed(client) != 0 {
            phase = .closed
        } else if MonotonicClock.milliseconds >= deadline {
            if case .revoke(let rebalance, _) = question {
                question = .revoke(rebalance, deadline: 0)
                giveUpOverdueRevocation()
            } else if MonotonicClock.milliseconds >= deadline + 2000 {
                phase = .closed
            }
        }
    }

    private mutating func beginClosing() {
        phase = .closing
        // librdkafka cannot close while it waits for this answer.
        if case .assign(let rebalance) = question { perform(.assign(rebalance.id, [])) }
        if let error = ErrorObject(rd_kafka_consumer_close_queue(client, queue)) {
            // After a fatal error there is no group to leave.
            core.logger.debug(
                "the consumer group was not left", metadata: ["kafka.error": "\(error.text)"])
            phase = .closed
        }
    }

    private func end() {
        core.handle.retire()
        for committer in core.takeCommitters() {
            if case .task(let continuation) = committer {
                continuation.resume(returning: ClientHandle.closed)
            }
        }
        let isClosed = rd_kafka_consumer_closed(client) != 0
        if mayDestroy(isClosed: isClosed) {
            rd_kafka_queue_destroy(queue)
            rd_kafka_destroy_flags(
                client, isClosed ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        } else {
            core.logger.report(
                .warning, .kafkaFatal,
                "a consumer was abandoned instead of destroyed: librdkafka would end the process",
                metadata: ["kafka.version": "\(KafkaVersion.text)"])
        }
        core.finished.open()
    }

    /// librdkafka before 2.3.0 fails an assertion when a cooperative-sticky consumer is destroyed
    /// before its first assignment (4312): losing a little memory is better.
    private func mayDestroy(isClosed: Bool) -> Bool {
        KafkaVersion.survivesEarlyClose || wasAssigned || core.group.assignor == .range
    }
}
