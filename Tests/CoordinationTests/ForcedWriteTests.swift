import Coordination
import Journal
import Model
import Synchronization
import TestSupport
import Testing
import Transactions
import WAL

/// TRANSACTIONS.md, section 4: one forced write for two phases, none where nothing has to be known.
@Suite struct ForcedWriteTests {
    @Test(arguments: [false, true])
    func `two phases force one write, between the last vote and the first commit`(
        withCargo: Bool
    ) async throws {
        let syncs = Probe<[String: Set<Int>]>([:])
        let (a, b) = (Recorder("a"), Recorder("b"))
        let rig = try Rig([a, b])
        for resource in [a, b] {
            resource.onCall { verb in
                let now = rig.files.calls(of: .datasync)
                syncs.update { _ = $0[verb.rawValue, default: []].insert(now) }
            }
        }
        let before = try await rig.settled()
        try await rig.manager.run { transaction in
            for resource in [a, b] { _ = try await transaction.enlist(resource) }
            if withCargo { try transaction.afterCommit(Rig.kind, [1]) }
        }
        let seen = syncs.read { $0 }
        #expect(seen["prepare"] == [before])
        #expect(seen["commit"] == [before + 1])
        // The end record, which nobody waits for, comes at idle.
        let after = try await rig.settled()
        #expect(after <= before + 2)
        await rig.close()
    }

    @Test func `one phase with durable work forces the intent only`() async throws {
        let atCommit = Probe<Int>(0)
        let a = Recorder("a")
        let rig = try Rig([a])
        a.onCall { verb in
            guard verb == .commitRecorded else { return }
            atCommit.update { $0 = rig.files.calls(of: .datasync) }
        }
        let before = try await rig.settled()
        try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            try transaction.afterCommit(Rig.kind, [1])
        }
        #expect(atCommit.read { $0 } == before + 1)
        await rig.close()
    }

    @Test func `durable work alone forces one write`() async throws {
        let rig = try Rig([])
        let before = try await rig.settled()
        try await rig.manager.run { transaction in
            for number in UInt8(0)..<10 { try transaction.afterCommit(Rig.kind, [number]) }
        }
        #expect(try await rig.settled() == before + 1)
        await rig.close()
    }

    enum Quiet: CaseIterable, Sendable {
        case onePhase, empty, readOnly, votesReadOnly, rollback, failedPrepare
    }

    @Test(arguments: Quiet.allCases)
    func `nothing is written where nothing has to be known`(what: Quiet) async throws {
        let isReadOnly = what == .votesReadOnly || what == .readOnly
        let vote = isReadOnly ? Vote.readOnly : .prepared
        let (a, b) = (Recorder("a", vote: vote), Recorder("b", vote: vote))
        b.onCall { verb in
            if what == .failedPrepare, verb == .prepare { throw Recorder.Failure() }
        }
        let rig = try Rig([a, b])
        let before = try await rig.settled()
        let appended = rig.appended
        try? await rig.manager.run(readOnly: what == .readOnly) { transaction in
            if what == .empty { return }
            _ = try await transaction.enlist(a)
            if what == .onePhase { return }
            _ = try await transaction.enlist(b)
            if what == .rollback { throw CancellationError() }
        }
        #expect(try await rig.settled() == before)
        #expect(rig.appended == appended)
        await rig.close()
    }

    @Test(arguments: [true, false])
    func `the outcome of one branch is written for those who are told, and never forced`(
        isWanted: Bool
    ) async throws {
        let syncs = Probe<Int?>(nil)
        let a = Recorder("a")
        let rig = try Rig([a]) { setting in
            setting.mirrored = { _, _ in }
            setting.options.publishesAll = isWanted
        }
        a.onCall { verb in
            guard verb == .commitOnePhase else { return }
            syncs.update { $0 = rig.files.calls(of: .datasync) }
        }
        let before = try await rig.settled()
        let appended = rig.appended
        let transaction = try await rig.manager.run { transaction in
            _ = try await transaction.enlist(a)
            return transaction
        }
        #expect(syncs.read { $0 } == before)
        #expect(rig.appended == appended + (isWanted ? 1 : 0))
        // A read-only one has no outcome that anybody could see.
        _ = try await rig.manager.run(readOnly: true) { try await $0.enlist(a) }
        #expect(rig.appended == appended + (isWanted ? 1 : 0))
        #expect(try await rig.settled() <= before + 1)
        #expect(rig.journal.withCore { $0.transactions.totals.committed } == (isWanted ? 1 : 0))
        #expect(transaction.report == .committed(pending: []))
        await rig.close()
    }

    @Test(arguments: [false, true])
    func `end records ride along with the next decision`(isLeftToOthers: Bool) async throws {
        let resources = [Recorder("a"), Recorder("b")]
        let rig = try Rig(resources) { setting in
            if isLeftToOthers { setting.mirrored = { _, _ in } }
            // A busy machine makes pauses in which an end record would be written alone.
            setting.lazyWait = 600_000
        }
        let before = try await rig.settled()
        for _ in 0..<20 {
            try await rig.manager.run { transaction in
                for resource in resources { _ = try await transaction.enlist(resource) }
            }
        }
        #expect(rig.files.calls(of: .datasync) - before == 20)
        await rig.close()
    }

    @Test func `decisions of many transactions share forced writes`() async throws {
        let resources = [Recorder("a"), Recorder("b")]
        let rig = try Rig(resources)
        try await eventually("100 transactions in fewer writes", seconds: 60) {
            let before = try await rig.settled()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        try await rig.manager.run { transaction in
                            for resource in resources { _ = try await transaction.enlist(resource) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            return rig.files.calls(of: .datasync) - before < 100
        }
        await rig.close()
    }
}
