internal import HTTPTypes
internal import Model

/// Many operations in one request. Those of one session run in the order given; the sessions run
/// side by side, so that the journal makes one forced write of them all. Each has its own result.
struct Batch: Sendable {
    static let maxOperations = 1_000

    /// In the order of the request; a failure is an operation that could not be read.
    private let items: [Result<Operation, RepriseError>]

    init(_ given: RequestFields, trace: [Header]) throws(RepriseError) {
        var fields = given
        guard let list = fields.take("operations")?.array else {
            throw RepriseError(.invalidRequest, "Send {\"operations\": [ … ]}.")
        }
        try fields.finish()
        guard list.count <= Batch.maxOperations else {
            throw RepriseError(
                .tooLarge,
                "The batch has \(list.count) operations; the limit is \(Batch.maxOperations).")
        }
        let reader = OperationReader(trace: trace)
        items = list.map { json in
            do throws(RepriseError) {
                return .success(try Batch.read(json, given, reader))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func read(
        _ json: JSON, _ body: RequestFields, _ reader: OperationReader
    ) throws(RepriseError) -> Operation {
        var fields = try body.nested(json, what: "An operation")
        guard let name = try fields.string("operation") else {
            throw RepriseError(.invalidRequest, "Say what to do: operation.")
        }
        guard let route = Route(rawValue: name) else {
            throw RepriseError(.invalidRequest, "There is no operation \"\(name.prefix(64))\".")
        }
        return try reader.read(route, fields)
    }

    /// The results, in the order of the operations.
    func run(on store: some SessionStore) async -> [Answer] {
        var answers = [Answer?](repeating: nil, count: items.count)
        await withTaskGroup(of: [(Int, Answer)].self) { group in
            for chain in chains {
                group.addTask {
                    var done: [(Int, Answer)] = []
                    for index in chain { done.append((index, await run(index, on: store))) }
                    return done
                }
            }
            for await done in group {
                for (index, answer) in done { answers[index] = answer }
            }
        }
        return answers.compactMap { $0 }
    }

    /// The operations' places, by session, each chain in the order given.
    private var chains: [[Int]] {
        var chains: [[Int]] = []
        var places: [SessionID: Int] = [:]
        for (index, item) in items.enumerated() {
            if case .success(let operation) = item, let id = operation.id {
                if let place = places[id] {
                    chains[place].append(index)
                    continue
                }
                places[id] = chains.count
            }
            chains.append([index])
        }
        return chains
    }

    private func run(_ index: Int, on store: some SessionStore) async -> Answer {
        do throws(RepriseError) {
            return try await items[index].get().run(on: store)
        } catch {
            let refusal = Refusal(error)
            return Answer(code: refusal.status.code, body: refusal.body)
        }
    }
}

enum BatchJSON {
    /// `{"results": [{"status": 201, "body": {…}}, …]}`
    static func results(_ answers: [Answer]) -> [UInt8] {
        JSONWriter.object { writer in
            writer.name("results")
            writer.array(answers) { writer, answer in
                writer.object { writer in
                    writer.member("status", answer.code)
                    writer.name("body")
                    writer.raw(answer.body)
                }
            }
        }
    }
}
