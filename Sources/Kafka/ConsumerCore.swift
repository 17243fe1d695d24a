internal import CRdKafka
internal import Logging
internal import Model
internal import Synchronization

/// What stands between the threads that use a consumer and its poll thread.
final class ConsumerCore: Sendable {
    enum Command: Sendable {
        case assign(UInt64, [(KafkaPartition, KafkaStart)])
        case unassign(UInt64)
    }

    /// Who hears about a commit.
    enum Committer {
        case sink(UInt64)
        case task(CheckedContinuation<RepriseError?, Never>)
    }

    let handle: ClientHandle
    let finished = Latch()
    let group: KafkaGroup
    let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var commands: [Command] = []
        /// Monotonic milliseconds at which closing stops to be polite; nil while open.
        var closeDeadline: Int64?
        var commits: [UInt: Committer] = [:]
        var lastCommit: UInt = 0
    }

    init(
        client: OpaquePointer, group: KafkaGroup, logger: Logger
    ) throws(RepriseError) {
        // One queue for everything: messages, rebalances, errors and logs, in their order.
        rd_kafka_poll_set_consumer(client)
        guard let queue = rd_kafka_queue_get_consumer(client) else {
            rd_kafka_destroy(client)
            throw RepriseError(.internalDefect, "librdkafka made a consumer without a queue")
        }
        rd_kafka_set_log_queue(client, queue)
        handle = ClientHandle(client: client, queue: queue)
        self.group = group
        self.logger = logger
    }

    /// - Parameter sink: let go when the thread ends, so that an owner that is its own sink and
    ///   holds the consumer is not kept alive by it after closing.
    func start(_ sink: any KafkaConsumerSink) throws(RepriseError) {
        do throws(RepriseError) {
            try PollThread.start("reprise.consume") {
                var loop = ConsumerLoop(self, sink)
                loop.run()
            }
        } catch {
            handle.retire()
            rd_kafka_queue_destroy(handle.queue)
            rd_kafka_destroy(handle.client)
            throw error
        }
    }

    func post(_ command: Command) {
        state.withLock { $0.commands.append(command) }
        handle.wake()
    }

    func takeCommands() -> [Command] {
        state.withLock {
            let commands = $0.commands
            $0.commands = []
            return commands
        }
    }

    func requestClose(within milliseconds: Int64) {
        state.withLock {
            let deadline = MonotonicClock.milliseconds + min(milliseconds, 86_400_000)
            $0.closeDeadline = min($0.closeDeadline ?? deadline, deadline)
        }
        handle.wake()
    }

    var closeDeadline: Int64? { state.withLock { $0.closeDeadline } }

    func commit(_ offsets: [KafkaOffset], _ committer: Committer) throws(RepriseError) {
        let list = PartitionList(offsets)
        let queue = handle.queue
        let code = try handle.use { (client) throws(RepriseError) in
            let slot = state.withLock { state -> UInt in
                state.lastCommit += 1
                state.commits[state.lastCommit] = committer
                return state.lastCommit
            }
            let code = rd_kafka_commit_queue(
                client, list.pointer, queue, nil, UnsafeMutableRawPointer(bitPattern: slot))
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { _ = takeCommitter(slot) }
            return code
        }
        try KafkaError(code).orThrow("the offsets could not be committed")
    }

    func takeCommitter(_ slot: UInt) -> Committer? {
        state.withLock { $0.commits.removeValue(forKey: slot) }
    }

    func takeCommitters() -> [Committer] {
        state.withLock {
            let committers = Array($0.commits.values)
            $0.commits = [:]
            return committers
        }
    }
}
