internal import Model
internal import Transactions

/// What is told of an outcome that Kafka does not take as it is. Who follows outcomes must hear of
/// it all the same, and nothing that comes after it may wait for it.
enum OutcomeReduction {
    /// What is missing in the smaller form.
    enum Loss {
        case records
        case actions
    }

    /// The next smaller form: without the records that go beyond `limit`, the bytes of a message,
    /// then without any, then without actions; nil where nothing is left to leave out.
    static func smaller(
        _ announcement: Announcement, _ format: Mirror.OutcomeFormat, limit: Int
    ) -> (announcement: Announcement, loss: Loss)? {
        guard let value = announcement.value, var outcome = format.outcome(value),
            !outcome.actions.isEmpty
        else { return nil }
        var smaller = announcement
        let records = outcome.actions.map(\.record)
        guard records.contains(where: { $0 != nil }) else {
            outcome.actions = []
            smaller.value = format.value(outcome)
            return (smaller, .actions)
        }
        for index in records.indices { outcome.actions[index].record = nil }
        smaller.value = format.value(outcome)
        var room = limit - Limits.ownHeaderBytes - smaller.bytes
        var isSmaller = false
        for (index, record) in records.enumerated() {
            guard let record else { continue }
            let cost = format.bytes(ofRecord: record.count)
            if cost <= room {
                room -= cost
                outcome.actions[index].record = record
            } else {
                isSmaller = true
            }
        }
        // Where all of them fit, Kafka's limit is another one than we know: then none goes.
        if isSmaller { smaller.value = format.value(outcome) }
        return (smaller, .records)
    }
}

extension Mirror.OutcomeFormat {
    func value(_ outcome: TransactionOutcome) -> [UInt8] {
        switch self {
        case .protobuf: outcome.encoded
        case .json: outcome.json
        }
    }

    /// What `value` has made.
    fileprivate func outcome(_ value: [UInt8]) -> TransactionOutcome? {
        switch self {
        case .protobuf: try? TransactionOutcome(decoding: value)
        case .json: try? TransactionOutcome(decodingJSON: value)
        }
    }

    /// What a record of so many bytes adds to a value, with what stands around it.
    fileprivate func bytes(ofRecord count: Int) -> Int {
        switch self {
        case .protobuf: count + 16
        case .json: (count + 2) / 3 * 4 + 16
        }
    }
}
