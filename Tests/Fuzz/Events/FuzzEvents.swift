import Model
import Transactions

/// What Kafka or a journal hands in as an event, a snapshot, a transaction's record or its outcome: a
/// value or an error, and what was read once is read again the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEvents(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    if let event = try? Event(decoding: bytes) {
        let again = event.encoded
        precondition(again.count == event.encodedSize)
        precondition((try? Event(decoding: again)) == event)
    }
    try? EventBatch.forEach(in: bytes) { _, _ in }
    if let snapshot = try? Snapshot(decoding: bytes) {
        let again = snapshot.encoded
        precondition((try? again.withUnsafeBytes { try Snapshot(decoding: $0) }) == snapshot)
    }
    if let record = try? TransactionRecord(decoding: bytes) {
        let again = record.encoded
        precondition(again.count == record.encodedSize)
        precondition((try? TransactionRecord(decoding: again)) == record)
    }
    readOutcomes(Array(bytes))
    return 0
}

private func readOutcomes(_ bytes: [UInt8]) {
    if let outcome = try? TransactionOutcome(decoding: bytes) {
        precondition((try? TransactionOutcome(decoding: outcome.encoded)) == outcome)
        precondition(!outcome.json.isEmpty)
    }
    if let outcome = try? TransactionOutcome(decodingJSON: bytes) {
        precondition((try? TransactionOutcome(decodingJSON: outcome.json)) == outcome)
    }
}
