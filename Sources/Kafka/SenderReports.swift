internal import Model
internal import Synchronization

/// Collects the delivery reports of batches; one continuation for each batch.
final class SenderReports: KafkaProducerSink {
    /// A slot is the batch's number and the record's index in it.
    private static let indexBits: UInt64 = 24

    private struct Batch {
        var reports: [KafkaDelivery?]
        var missing: Int
        var waiter: CheckedContinuation<[KafkaDelivery], Never>?
    }

    private struct State {
        var batches: [UInt64: Batch] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    /// - Returns: the slot of the first record.
    func begin(_ count: Int) -> UInt64 {
        state.withLock {
            $0.last += 1
            $0.batches[$0.last] = Batch(
                reports: Array(repeating: nil, count: count), missing: count)
            return $0.last << SenderReports.indexBits
        }
    }

    func wait(_ first: UInt64) async -> [KafkaDelivery] {
        await withCheckedContinuation { continuation in
            let complete = state.withLock { state -> [KafkaDelivery]? in
                let number = first >> SenderReports.indexBits
                guard let batch = state.batches[number] else { return [] }
                if batch.missing > 0 {
                    state.batches[number]?.waiter = continuation
                    return nil
                }
                state.batches[number] = nil
                return batch.reports.compactMap { $0 }
            }
            if let complete { continuation.resume(returning: complete) }
        }
    }

    func delivered(_ deliveries: [KafkaDelivery]) {
        let complete = state.withLock { state in
            var complete: [Batch] = []
            for delivery in deliveries {
                let number = delivery.slot >> SenderReports.indexBits
                let index = Int(delivery.slot & (1 << SenderReports.indexBits - 1))
                guard state.batches[number]?.reports.indices.contains(index) == true else {
                    continue
                }
                state.batches[number]?.reports[index] = delivery
                state.batches[number]?.missing -= 1
                if let batch = state.batches[number], batch.missing == 0, batch.waiter != nil {
                    state.batches[number] = nil
                    complete.append(batch)
                }
            }
            return complete
        }
        for batch in complete {
            batch.waiter?.resume(returning: batch.reports.compactMap { $0 })
        }
    }

    /// Each record's own report says what became of it.
    func failed(_ error: RepriseError) {}
}
