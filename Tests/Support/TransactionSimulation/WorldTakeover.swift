internal import Model
internal import Transactions

// What others do who have read of a decision in Kafka: a worker whose claim counts, and one whose claim
// has been overtaken since and that does not know it yet.

extension World {
    /// The branch is in a list that somebody has read, and there is still something to do about it.
    func canTakeOver(_ number: UInt32) -> Bool {
        guard scenario.hasTakeover else { return false }
        let branch = branches[index(number)]
        guard !branch.isDown, branch.state == .prepared || branch.heuristic == .committed else {
            return false
        }
        return mirrored.contains { record in
            guard isDecision(record) else { return false }
            return record.outline.branches.contains {
                $0.number == number && $0.number != record.outline.asked && $0.heuristic == nil
            }
        }
    }

    /// What may be in Kafka.
    private var mirrored: [TransactionRecord] {
        guard mutation == .mirrorsWhatIsNotDurable else { return Array(log.prefix(durable)) }
        return log
            + tasks.compactMap { job in
                if case .write(let record, _, _) = job { record } else { nil }
            }
    }

    private func isDecision(_ record: TransactionRecord) -> Bool {
        record.step == .committed || mutation == .takesIntentsOver && record.step == .intended
    }

    mutating func takeOver(_ number: UInt32) {
        if !isDecided, mutation == nil { violate(.noCommitBeforeDecision, "branch \(number)") }
        checkVerb(.commitPrepared, number)
        // Whatever the answer, it goes to whoever asked, not to the coordinator.
        _ = branches[index(number)].take(.commitPrepared, mutation: mutation)
    }
}
