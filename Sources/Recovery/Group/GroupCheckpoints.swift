internal import Kafka
internal import Logging
internal import Model
internal import Sessions
internal import Synchronization

// Checkpoints of folded partitions on local disk: they make a restart cheap, and losing one costs
// only a longer fold.

extension GroupWorker {
    /// A checkpoint that is usable: not older than what the group has committed.
    func checkpoint(_ partition: KafkaPartition, atLeast committed: Int64) -> Checkpoint? {
        guard let store = checkpoints else { return nil }
        guard let found = store.load(partition.partition, limits: options.limits, logger: logger),
            found.offset >= committed
        else { return nil }
        // A topic that was made anew has fewer messages than the checkpoint has seen.
        let marks = try? consumer.withLock { $0 }?.watermarks(partition, timeout: .seconds(10))
        guard let marks, marks.low <= found.offset, found.offset <= marks.high else { return nil }
        return found
    }

    func saveCheckpoints(_ numbers: Set<Int32>) {
        guard let store = checkpoints else { return }
        for number in numbers {
            guard let machine = state.withLock({ $0.partitions[number]?.machine }) else { continue }
            store.save(Checkpoint(table: machine.table, offset: machine.nextOffset), number, logger)
        }
    }

    private var checkpoints: CheckpointStore? {
        options.checkpointDirectory.map {
            CheckpointStore(directory: $0, topic: options.sessionsTopic)
        }
    }
}
