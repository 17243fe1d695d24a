import TestSupport
import Testing

/// Over real processes and PostgreSQL: a calls b, which calls c, and any of them is killed at any moment.
/// In the end all three have a key, or none.
@Suite(.timeLimit(.minutes(10)), .serialized) struct KilledChainTests {
    struct Moment: Sendable, CustomStringConvertible {
        var member: ChainCompany.Member
        var verb: String
        var description: String { "\(member) \(verb)" }
    }

    static let moments = ChainCompany.Member.allCases.flatMap { member in
        ["beforePrepare", "afterPrepare", "beforeCommit", "afterCommit"].map {
            Moment(member: member, verb: $0)
        }
    }

    private func check(
        _ company: ChainCompany, _ key: String, _ answer: ChainCompany.Answer, _ what: String
    ) async throws {
        let holders = try await company.entries()[key] ?? []
        switch answer {
        case .committed: #expect(holders == ["a", "b", "c"], "\(what)")
        case .rolledBack: #expect(holders.isEmpty, "\(what)")
        case .unknown:
            #expect(holders.isEmpty || holders == ["a", "b", "c"], "\(what): \(holders)")
        }
    }

    @Test func `each is killed before and after its prepare and its commit`() async throws {
        let company = try await ChainCompany()
        for member in ChainCompany.Member.allCases.reversed() { try await company.start(member) }
        #expect(await company.write("calm") == .committed)
        try await check(company, "calm", .committed, "nobody is killed")
        for moment in Self.moments {
            try await company.kill(moment.member)
            try await company.start(moment.member, dies: moment.verb)
            let key = "\(moment.member)\(moment.verb)"
            let answer = await company.write(key)
            try await eventually("\(moment): it has died", seconds: 120) {
                company.isGone(moment.member)
            }
            try await company.start(moment.member)
            try await company.finished()
            try await check(company, key, answer, "\(moment)")
            // What was decided before is not taken back: a has decided before anybody commits.
            if moment.verb.hasSuffix("Commit") {
                #expect(try await company.entries()[key]?.count == 3, "\(moment)")
            } else {
                #expect(try await company.entries()[key] == nil, "\(moment)")
            }
        }
        try await company.close()
    }

    /// The middle one takes part in a's transaction and coordinates c: all settings are needed.
    @Test func `reprise serve finishes what a process left that does not come back`() async throws {
        let company = try await ChainCompany()
        for member in [ChainCompany.Member.c, .a] { try await company.start(member) }
        for verb in ["afterPrepare", "beforeCommit"] {
            try await company.start(.b, dies: verb)
            let answer = await company.write(verb)
            try await eventually("b has died", seconds: 120) { company.isGone(.b) }
            try await company.substitute(.b)
            try await company.finished([.a, .c])
            try await check(company, verb, answer, verb)
            let holders = try await company.entries()[verb]?.count ?? 0
            #expect(holders == (verb == "beforeCommit" ? 3 : 0))
            try await company.kill(.b)
        }
        // Its journal has nothing left either.
        try await company.start(.b)
        try await company.finished()
        try await company.close()
    }

    @Test func `all are killed at random while many are at work`() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("KilledChainTests: seed \(seed)")
        var random = SeededRandom(seed: seed)
        let company = try await ChainCompany()
        for member in ChainCompany.Member.allCases.reversed() { try await company.start(member) }
        let isOver = Probe(false)
        let answers = await withTaskGroup(of: [String: ChainCompany.Answer].self) { group in
            for task in 0..<8 {
                group.addTask {
                    var answers: [String: ChainCompany.Answer] = [:]
                    for number in 0..<200 where !isOver.read({ $0 }) {
                        let key = "\(task)x\(number)"
                        answers[key] = await company.write(key)
                        // Nobody is there for a moment: no need to ask thousands of times.
                        if answers[key] == .unknown {
                            try? await Task.sleep(for: .milliseconds(50))
                        }
                    }
                    return answers
                }
            }
            for _ in 0..<10 {
                try? await Task.sleep(for: .milliseconds(300 + random.below(900)))
                let member = random.pick(ChainCompany.Member.allCases)
                do {
                    try await company.kill(member)
                    try await company.start(member)
                } catch {
                    Issue.record("\(member) does not come back: \(error)")
                }
            }
            isOver.update { $0 = true }
            return await group.reduce(into: [:]) { $0.merge($1) { $1 } }
        }
        try await company.finished()
        let entries = try await company.entries()
        for (key, answer) in answers {
            let holders = entries[key] ?? []
            let isWhole = holders.isEmpty || holders.count == 3
            #expect(isWhole, "seed \(seed): \(key) is with \(holders) only; answered \(answer)")
            if answer == .committed { #expect(holders.count == 3, "seed \(seed): \(key) is lost") }
            if answer == .rolledBack { #expect(holders.isEmpty, "seed \(seed): \(key) is there") }
        }
        let counts = Dictionary(grouping: answers.values) { $0 }.mapValues(\.count)
        print("KilledChainTests: \(counts)")
        // Else nothing was shown.
        #expect(counts[.committed, default: 0] > 20)
        try await company.close()
    }
}
