internal import Model

/// Many operations in one request. Those of one session run in the order given; the sessions run
/// side by side, so that the journal makes one forced write of them all. Each has its own result.
struct Batch: Sendable {
    static let maxOperations = 1_000

    /// In the order of the request; a failure is an operation that could not be read.
    let items: [Result<Operation, RepriseError>]

    init(parsing text: [UInt8], trace: [Header]) throws(RepriseError) {
        struct Fields: Decodable {
            var operations: [Anything]
        }
        let fields = try WireJSON.decode(Given<Fields>.self, from: text).only(["operations"])
        let count = fields.operations.count
        guard count <= Batch.maxOperations else {
            throw RepriseError(
                .tooLarge, "The batch has \(count) operations; the limit is \(Batch.maxOperations)."
            )
        }
        // Each is read from its own text: one that cannot be read is no other's failure.
        let list = JSONParts.value(of: "operations", in: text[...]) ?? []
        let operations = JSONParts.elements(of: list)
        guard operations.count == count else {
            throw RepriseError(
                .invalidRequest, "Write the name operations without escapes, in UTF-8.")
        }
        let reader = OperationReader(trace: trace)
        items = operations.map { text in
            Result { () throws(RepriseError) in try reader.read(text) }
        }
    }
}
