import Coordination
import Model
import TestSupport
import Testing
import Transactions

/// TRANSACTIONS.md, section 1: the key-value context of a transaction.
@Suite struct ContextTests {
    private let name = ContextKey<String>("name")
    private let number = ContextKey<Int>("number")

    @Test func `a value lives as long as its transaction`() async throws {
        let rig = try Rig([])
        let transaction = try await rig.manager.run { transaction in
            #expect(transaction[name] == nil)
            transaction[name] = "Vera"
            #expect(transaction[name] == "Vera")
            try await rig.manager.runNew { inner in #expect(inner[name] == nil) }
            try await rig.manager.run { joined in #expect(joined[name] == "Vera") }
            transaction[number] = 7
            transaction[name] = nil
            #expect(transaction[name] == nil)
            #expect(transaction[number] == 7)
            try transaction.afterCommit { #expect(transaction[number] == 7) }
            return transaction
        }
        #expect(transaction[number] == nil)
        try await rig.manager.run { #expect($0[number] == nil) }
        await rig.close()
    }

    @Test func `a value is made once`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            #expect(transaction.value(number) { 1 } == 1)
            #expect(transaction.value(number) { 2 } == 1)
            await withTaskGroup(of: Int.self) { group in
                for index in 0..<50 {
                    let other = ContextKey<Int>("other")
                    group.addTask { transaction.value(other) { index } }
                }
                var seen: Set<Int> = []
                for await value in group { seen.insert(value) }
                #expect(seen.count == 1)
            }
        }
        await rig.close()
    }

    @Test func `keys of one name and different types are different`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            let (text, digits) = (ContextKey<String>("key"), ContextKey<Int>("key"))
            transaction[text] = "one"
            transaction[digits] = 1
            #expect(transaction[text] == "one")
            #expect(transaction[digits] == 1)
            #expect(ContextKey<Int>("key") == digits)
        }
        await rig.close()
    }

    @Test func `optional values can be kept, nil too`() async throws {
        let rig = try Rig([])
        try await rig.manager.run { transaction in
            let key = ContextKey<Int?>("maybe")
            #expect(transaction[key] == nil)
            transaction[key] = .some(nil)
            #expect(transaction[key] == .some(nil))
            #expect(transaction.value(key) { 3 } == nil)
        }
        await rig.close()
    }
}
