import Coordination
import Model
import TestSupport
import Testing
import Transactions

/// Elements that are gathered and processed once, together.
@Suite struct CollectorTests {
    private struct Failure: Error {}
    private let calls = Probe<[[String]]>([])
    private var seen: [[String]] { calls.read { $0 } }

    private func collector(
        _ moment: CollectorMoment, named name: String = "names", set: Bool = false
    ) -> Collector<String> {
        let process: @Sendable ([String]) async throws -> Void = { [calls] elements in
            calls.update { $0.append(elements) }
        }
        return set ? .set(name, moment, process) : .list(name, moment, process)
    }

    @Test(arguments: [CollectorMoment.beforeCommit, .afterCommit], [true, false])
    func `everything is processed in one call`(
        moment: CollectorMoment, set: Bool
    ) async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            for element in ["b", "a", "b", "c"] {
                try transaction.collect(element, into: collector(moment, set: set))
            }
            #expect(seen.isEmpty)
        }
        #expect(seen == [set ? ["b", "a", "c"] : ["b", "a", "b", "c"]])
        await rig.close()
    }

    @Test(arguments: [CollectorMoment.beforeCommit, .afterCommit])
    func `before the commit inside the transaction, after it outside`(
        moment: CollectorMoment
    ) async throws {
        let rig = try Rig([])
        let inside = Probe<Bool?>(nil)
        let collector = Collector<Int>.list("numbers", moment) { _ in
            inside.update { $0 = TransactionManager.current != nil }
        }
        try await rig.manager.run { try $0.collect(1, into: collector) }
        #expect(inside.read { $0 } == (moment == .beforeCommit))
        await rig.close()
    }

    @Test(arguments: [CollectorMoment.beforeCommit, .afterCommit])
    func `nothing is processed when the body fails`(
        moment: CollectorMoment
    ) async throws {
        let rig = try Rig([])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                try transaction.collect("a", into: collector(moment))
                throw Failure()
            }
        }
        #expect(seen.isEmpty)
        await rig.close()
    }

    @Test func `an error before the commit rolls back, one after it is logged`() async throws {
        let a = Recorder("a")
        let rig = try Rig([a])
        await #expect(throws: Failure.self) {
            try await rig.manager.run { transaction in
                _ = try await transaction.enlist(a)
                try transaction.collect(1, into: .list("f", .beforeCommit) { _ in throw Failure() })
            }
        }
        #expect(a.verbs == ["begin", "rollback"])
        try await rig.manager.run { transaction in
            try transaction.collect(1, into: .list("f", .afterCommit) { _ in throw Failure() })
        }
        #expect(rig.errors.count == 1)
        await rig.close()
    }

    @Test func `what is collected while it is processed comes in another round`() async throws {
        let rig = try Rig([])
        let collector = Collector<Int>.set("numbers", .beforeCommit) { [calls] elements in
            calls.update { $0.append(elements.map(String.init)) }
            let transaction = try TransactionManager.required()
            for element in elements where element > 1 {
                try transaction.collect(element / 2, into: again(calls))
            }
        }
        try await rig.manager.run { transaction in
            try transaction.collect(8, into: collector)
            try transaction.collect(9, into: collector)
        }
        #expect(seen == [["8", "9"], ["4"]])
        await rig.close()
    }

    private func again(_ calls: Probe<[[String]]>) -> Collector<Int> {
        .set("numbers", .beforeCommit) { elements in
            calls.update { $0.append(elements.map(String.init)) }
        }
    }

    @Test func `collectors have an order among the other actions`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            try transaction.collect(
                "collected",
                into: .list("l", .afterCommit, order: 5) { [calls] elements in
                    calls.update { $0.append(elements) }
                })
            try transaction.afterCommit(order: 4) { calls.update { $0.append(["4"]) } }
            try transaction.afterCommit(order: 6) { calls.update { $0.append(["6"]) } }
        }
        #expect(seen == [["4"], ["collected"], ["6"]])
        await rig.close()
    }

    @Test func `names are kept apart, elements of another type under one name refused`()
        async throws
    {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            try transaction.collect("a", into: collector(.afterCommit, named: "one"))
            try transaction.collect("b", into: collector(.afterCommit, named: "two"))
            await expectCode(.invalidRequest) {
                try transaction.collect(1, into: .list("one", .afterCommit) { _ in })
            }
            try transaction.collect("c", into: collector(.afterCommit, named: "one"))
        }
        #expect(seen == [["a", "c"], ["b"]])
        await rig.close()
    }

    @Test func `transactions have collections of their own`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { outer in
            try outer.collect("outer", into: collector(.afterCommit))
            try await rig.manager.runNew { try $0.collect("inner", into: collector(.afterCommit)) }
            try outer.collect("outer too", into: collector(.afterCommit))
        }
        #expect(seen == [["inner"], ["outer", "outer too"]])
        await rig.close()
    }

    @Test(arguments: [CollectorMoment.beforeCommit, .afterCommit], [true, false])
    func `outside of a transaction each element is processed at once, alone`(
        moment: CollectorMoment, set: Bool
    ) async throws {
        let rig = try Rig([])
        try await TransactionManager.collect("a", into: collector(moment, set: set))
        #expect(seen == [["a"]])
        try await rig.manager.run { _ in
            try await rig.manager.run(.notSupported) {
                try await TransactionManager.collect("a", into: collector(moment, set: set))
            }
            #expect(seen == [["a"], ["a"]])
            try await TransactionManager.collect("b", into: collector(moment, set: set))
            try await TransactionManager.collect("c", into: collector(moment, set: set))
            #expect(seen == [["a"], ["a"]])
        }
        #expect(seen == [["a"], ["a"], ["b", "c"]])
        await #expect(throws: Failure.self) {
            try await TransactionManager.collect(
                1, into: .list("f", .afterCommit) { _ in throw Failure() })
        }
        await rig.close()
    }
}
