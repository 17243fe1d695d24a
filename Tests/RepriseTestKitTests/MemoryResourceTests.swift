import Model
import RepriseTestKit
import TestSupport
import Testing
import Transactions

func freshXid(_ number: UInt32 = 0) -> Xid {
    Xid(
        journal: 1,
        transaction: TransactionID(
            time: .zero, random: (.random(in: .min ... .max), .random(in: .min ... .max))),
        number: number)
}

@Suite struct MemoryResourceTests {
    private let shop = MemoryResource("shop")

    private func prepared(_ xid: Xid, _ key: String, _ value: String) async throws {
        let branch = try await shop.begin(xid, readOnly: false)
        try await branch.write(key, value)
        #expect(try await branch.prepare() == .prepared)
    }

    @Test func aCrashTakesWhatIsNotPrepared() async throws {
        let xid = freshXid()
        try await prepared(xid, "a", "new")
        let open = try await shop.begin(freshXid(), readOnly: false)
        try await open.write("b", "new")
        shop.crash()
        #expect(shop.openBranches == 0)
        await #expect(throws: RepriseError.self) { try await open.write("b", "newer") }
        await #expect(throws: RepriseError.self) {
            try await open.commitOnePhase(recordingOutcome: true)
        }
        #expect(try await shop.preparedBranches() == [xid])
        try await shop.commitPrepared(xid)
        #expect(shop.values == ["a": "new"])
    }

    @Test func aPreparedBranchHoldsItsKeys() async throws {
        let xid = freshXid()
        try await prepared(xid, "a", "first")
        async let second: Void = {
            let branch = try await shop.begin(freshXid(), readOnly: false)
            #expect(try await branch.read("a") == "first")
            try await branch.write("a", "second")
            try await branch.commitOnePhase(recordingOutcome: false)
        }()
        try await eventually("the second has begun") { shop.openBranches == 1 }
        #expect(shop["a"] == nil)
        try await shop.commitPrepared(xid)
        try await second
        #expect(shop["a"] == "second")
    }

    @Test func waitingForAKeyHasALimit() async throws {
        let shop = MemoryResource("shop", lockWait: .milliseconds(10))
        let first = try await shop.begin(freshXid(), readOnly: false)
        try await first.write("a", "first")
        let second = try await shop.begin(freshXid(), readOnly: false)
        await #expect(throws: RepriseError.self) { try await second.write("a", "second") }
        // A read-only branch waits as well: it must not see what is half done.
        let reader = try await shop.begin(freshXid(), readOnly: true)
        await #expect(throws: RepriseError.self) { _ = try await reader.read("a") }
        try await first.rollback()
        #expect(try await reader.read("a") == nil)
    }

    @Test func aBranchThatIsLostWhileItWaitsGetsNoKey() async throws {
        let holder = freshXid()
        try await prepared(holder, "a", "first")
        let waiter = Task { [shop] in
            let branch = try await shop.begin(freshXid(), readOnly: false)
            try await branch.write("a", "second")
        }
        try await eventually("the second has begun") { shop.openBranches == 1 }
        shop.crash()
        try await shop.rollbackPrepared(holder)
        await #expect(throws: RepriseError.self) { try await waiter.value }
        let next = try await shop.begin(freshXid(), readOnly: false)
        try await next.write("a", "third")
        try await next.commitOnePhase(recordingOutcome: false)
        #expect(shop["a"] == "third")
    }

    @Test func faultsComeInTheirOrderAndAreUsedUp() async throws {
        let xid = freshXid()
        try await prepared(xid, "a", "new")
        shop.inject(.fails, on: .commitPrepared, times: 2)
        shop.inject(.throwing(.heuristic(.notCommitted, reason: "test")), on: .commitPrepared)
        shop.inject(.losesAnswer, on: .commitPrepared)
        for _ in 0..<2 {
            await #expect(throws: RepriseError.self) { try await shop.commitPrepared(xid) }
        }
        await #expect(throws: ResourceError.heuristic(.notCommitted, reason: "test")) {
            try await shop.commitPrepared(xid)
        }
        #expect(shop["a"] == nil)
        await #expect(throws: RepriseError.self) { try await shop.commitPrepared(xid) }
        #expect(shop["a"] == "new")
        try await shop.commitPrepared(xid)
        #expect(shop.count(of: .commitPrepared) == 5)
    }

    @Test func aLostAnswerOfAPreparationLeavesThePreparedBranch() async throws {
        let xid = freshXid()
        let branch = try await shop.begin(xid, readOnly: false)
        try await branch.write("a", "new")
        shop.inject(.losesAnswer, on: .prepare)
        await #expect(throws: RepriseError.self) { _ = try await branch.prepare() }
        try await branch.rollback()
        #expect(shop.prepared == [xid])
    }

    @Test func anOutageFailsEveryVerbAndEndsOpenBranches() async throws {
        let xid = freshXid()
        try await prepared(xid, "a", "new")
        let open = try await shop.begin(freshXid(), readOnly: false)
        shop.goDown()
        await #expect(throws: RepriseError.self) { _ = try await shop.preparedBranches() }
        await #expect(throws: RepriseError.self) { try await shop.commitPrepared(xid) }
        await #expect(throws: RepriseError.self) {
            _ = try await shop.begin(freshXid(), readOnly: true)
        }
        shop.comeUp()
        await #expect(throws: RepriseError.self) { try await open.write("b", "new") }
        #expect(try await shop.preparedBranches() == [xid])
    }

    @Test func whoDecidedDifferentlyIsToldToTheCoordinator() async throws {
        let (kept, dropped) = (freshXid(0), freshXid(1))
        try await prepared(kept, "a", "new")
        try await prepared(dropped, "b", "new")
        #expect(shop.decideHeuristically(kept, .committed))
        #expect(shop.decideHeuristically(dropped, .notCommitted))
        #expect(!shop.decideHeuristically(dropped, .committed))
        try await shop.commitPrepared(kept)
        await #expect(throws: ResourceError.self) { try await shop.rollbackPrepared(kept) }
        await #expect(throws: ResourceError.self) { try await shop.commitPrepared(dropped) }
        try await shop.rollbackPrepared(dropped)
        #expect(shop.values == ["a": "new"])
    }

    @Test func aPausedVerbHasNoEffectUntilItIsResumed() async throws {
        let xid = freshXid()
        try await prepared(xid, "a", "new")
        shop.pause(.commitPrepared)
        async let commit: Void = shop.commitPrepared(xid)
        await shop.waitForCalls(at: .commitPrepared)
        #expect(shop["a"] == nil)
        shop.resume(.commitPrepared)
        try await commit
        #expect(shop["a"] == "new")
    }

    @Test func whatARestrictedResourceCannotDoItRefuses() async throws {
        let shop = MemoryResource(
            "shop", abilities: ResourceAbilities(prepares: false, recordsOutcome: false))
        let branch = try await shop.begin(freshXid(), readOnly: false)
        for body in [
            { _ = try await branch.prepare() },
            { try await branch.commitOnePhase(recordingOutcome: true) },
            { _ = try await shop.outcome(of: freshXid()) },
        ] {
            do {
                try await body()
                Issue.record("nothing was thrown")
            } catch let error as RepriseError {
                #expect(error.code == .resourceUnsuitable)
            }
        }
        try await branch.rollback()
    }
}
