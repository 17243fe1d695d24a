internal import HTTPTypes
internal import Logging
internal import Model

extension Batch {
    /// The results, in the order of the operations. What `caller` may not do is refused by itself.
    func run(
        on store: some SessionStore, for caller: Caller, _ logger: Logger
    ) async -> [Answer] {
        var answers = [Answer?](repeating: nil, count: items.count)
        await withTaskGroup(of: [(Int, Answer)].self) { group in
            for chain in chains {
                group.addTask {
                    var done: [(Int, Answer)] = []
                    for index in chain {
                        done.append((index, await run(index, on: store, for: caller, logger)))
                    }
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

    private func run(
        _ index: Int, on store: some SessionStore, for caller: Caller, _ logger: Logger
    ) async -> Answer {
        let answer: Answer
        do throws(RepriseError) {
            let operation = try items[index].get()
            try caller.check(operation)
            answer = try await operation.run(on: store)
        } catch {
            let refusal = Refusal(error)
            answer = Answer(status: refusal.status.code, body: refusal.body)
        }
        if case .success(let operation) = items[index], operation.scopes == [.operate] {
            OperatorLog.note(
                operation.name, session: operation.id, by: caller, status: answer.status,
                to: logger)
        }
        return answer
    }
}

/// `{"results": [{"status": 201, "body": {…}}, …]}`
struct BatchBody: Encodable {
    var results: [Answer]
}
