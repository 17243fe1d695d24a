internal import Kafka
internal import Synchronization

/// A message of the transactions topic, as far as a subscriber needs it.
struct OutcomeNotice: Sendable, Hashable {
    /// The event's id: the same when the message comes again.
    var id: String
    var transaction: String
    var isCommitted: Bool

    /// Everything that the topic has.
    static func all(in topic: String, _ kafka: KafkaConfiguration) async throws -> [OutcomeNotice] {
        let found = Mutex<[OutcomeNotice]>([])
        _ = try await KafkaReader(kafka).read(topic: topic) { batch in
            batch.forEach { message in
                let notice = OutcomeNotice(message)
                found.withLock { $0.append(notice) }
            }
            return true
        }
        return found.withLock { $0 }
    }

    private init(_ message: KafkaMessage) {
        func text(_ bytes: UnsafeRawBufferPointer?) -> String {
            bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        id = text(message.header("ce_id"))
        transaction = text(message.header("ce_subject"))
        isCommitted =
            text(message.header("ce_type")) == "io.reprise.transaction.committed.v1"
    }

    init(id: String, transaction: String, isCommitted: Bool) {
        self.id = id
        self.transaction = transaction
        self.isCommitted = isCommitted
    }
}
