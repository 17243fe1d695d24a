internal import Platform
internal import Kafka
internal import Logging
internal import Model
internal import Synchronization

/// What came from the topic and was not handled yet. Filled on the consumer's poll thread, emptied by
/// `OutcomeRunner`; beyond `pausesAt` messages the partitions are paused.
final class OutcomeInbox: KafkaConsumerSink {
    static let pausesAt = 1_000

    enum Item: Sendable {
        case message(OutcomeMessageCopy)
        /// Nothing waits: a good moment to commit.
        case idle
        /// What was handled before is to be committed, then the partitions may go.
        case revoked(KafkaRebalance)
        case failed(RepriseError)
    }

    private struct State {
        var items: [Item] = []
        var owned: Set<KafkaPartition> = []
        /// Those that were asked for, and go once what was handled is committed.
        var leaving: Set<KafkaPartition> = []
        var isPaused = false
        var isClosed = false
        /// Nobody takes items any more.
        var isAbandoned = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    let consumer = Mutex<KafkaConsumer?>(nil)
    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    // MARK: The poll thread

    func receive(_ batch: borrowing KafkaBatch) {
        var copies: [Item] = []
        batch.forEach { copies.append(.message(OutcomeMessageCopy($0))) }
        let paused = change { state -> [KafkaPartition] in
            if state.isClosed { return [] }
            state.items += copies
            guard state.items.count >= Self.pausesAt, !state.isPaused else { return [] }
            state.isPaused = true
            return Array(state.owned)
        }
        if !paused.isEmpty { try? consumer.withLock { $0 }?.pause(paused) }
    }

    func handle(_ event: KafkaConsumerEvent) {
        let consumer = consumer.withLock { $0 }
        switch event {
        case .assigned(let rebalance):
            let isPaused = change { state in
                state.owned.formUnion(rebalance.partitions)
                return state.isPaused
            }
            consumer?.completeAssignment(
                rebalance, starts: rebalance.partitions.map { ($0, .committed) })
            // Else one that comes while the others wait would be read into memory whole.
            if isPaused { try? consumer?.pause(rebalance.partitions) }
        case .revoked(let rebalance):
            let isAbandoned = change { state -> Bool in
                Self.drop(rebalance.partitions, &state)
                if state.isAbandoned { return true }
                state.leaving.formUnion(rebalance.partitions)
                state.items.append(.revoked(rebalance))
                return false
            }
            if isAbandoned { consumer?.completeRevocation(rebalance) }
        case .lost(let rebalance):
            change { state -> Void in
                Self.drop(rebalance.partitions, &state)
                state.leaving.subtract(rebalance.partitions)
            }
        case .failed(let error) where error.code == .kafkaFatal || error.code == .fenced:
            change { $0.items.append(.failed(error)) }
        case .failed(let error):
            logger.report(.warning, error, "the transactions topic cannot be read for now")
        case .reachedEnd, .committed:
            break
        }
    }

    /// Another member is given them again, from the committed offset.
    private static func drop(_ partitions: [KafkaPartition], _ state: inout State) {
        state.owned.subtract(partitions)
        state.items.removeAll { item in
            guard case .message(let message) = item else { return false }
            return partitions.contains(message.partition)
        }
    }

    @discardableResult
    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, waiter) = state.withLock { state in
            let value = body(&state)
            let waiter = state.items.isEmpty && !state.isClosed ? nil : state.waiter
            if waiter != nil { state.waiter = nil }
            return (value, waiter)
        }
        waiter?.resume()
        return value
    }

    // MARK: The runner

    /// The next item, as soon as there is one; nil once the inbox is closed, for good.
    ///
    /// - Parameter mayIdle: do not wait, tell that nothing waits.
    func next(orIdle mayIdle: Bool) async -> Item? {
        while true {
            let step = state.withLock { Self.step(&$0, mayIdle) }
            switch step {
            case .item(let item): return item
            case .end: return nil
            case .resume(let partitions): try? consumer.withLock { $0 }?.resume(partitions)
            case .wait: await wait()
            }
        }
    }

    private enum Step {
        case item(Item)
        case end
        case resume([KafkaPartition])
        case wait
    }

    private static func step(_ state: inout State, _ mayIdle: Bool) -> Step {
        if !state.items.isEmpty { return .item(state.items.removeFirst()) }
        if mayIdle { return .item(.idle) }
        if state.isClosed {
            state.isAbandoned = true
            return .end
        }
        guard state.isPaused else { return .wait }
        state.isPaused = false
        return .resume(Array(state.owned))
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if !state.items.isEmpty || state.isClosed { return true }
                state.waiter = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
    }

    /// Whether it makes sense to go on with a message of this partition.
    func wants(_ partition: KafkaPartition) -> Bool {
        state.withLock { !$0.isClosed && $0.owned.contains(partition) }
    }

    /// Whether this member may still commit what it has read of the partition.
    func mayCommit(_ partition: KafkaPartition) -> Bool {
        state.withLock { $0.owned.contains(partition) || $0.leaving.contains(partition) }
    }

    func release(_ rebalance: KafkaRebalance) {
        change { $0.leaving.subtract(rebalance.partitions) }
    }

    /// No more messages: what was not handled comes again to whoever reads next. Questions of the
    /// group are still to be answered.
    func close() {
        change { state -> Void in
            state.isClosed = true
            state.items.removeAll { item in
                if case .message = item { true } else { false }
            }
        }
    }
}

/// A message's bytes, copied out of its batch.
struct OutcomeMessageCopy: Sendable {
    var partition: KafkaPartition
    var offset: Int64
    var headers: [Header] = []
    var value: [UInt8]

    init(_ message: KafkaMessage) {
        partition = KafkaPartition(topic: message.topic, partition: message.partition)
        offset = message.offset
        value = message.value.map { Array($0) } ?? []
        message.forEachHeader { name, value in
            headers.append(
                Header(
                    String(decoding: name, as: UTF8.self),
                    value.map { String(decoding: $0, as: UTF8.self) } ?? ""))
        }
    }
}
