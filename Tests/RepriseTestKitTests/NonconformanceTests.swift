import RepriseTestKit
import Testing
import Transactions

/// What is wrong with a `BrokenResource`.
enum Defect: String, CaseIterable {
    case preparedIsForgotten
    case preparedIsNotListed
    case unknownIsAnError
    case rollbackCommits
    case rollbackDropsPrepared
    case readOnlyVoteStaysPrepared
    case outcomeIsNotFinal
    case outcomeIsNotRecorded
    case writesAreVisibleAtOnce
    case commitDoesNothing
    case finishingTakesAll

    /// A part of the name of a check that has to notice.
    var check: String {
        switch self {
        case .preparedIsForgotten, .preparedIsNotListed: "a prepared branch is listed"
        case .unknownIsAnError: "what is not known succeed"
        case .rollbackCommits: "a rollback leaves nothing"
        case .rollbackDropsPrepared: "letting go of a prepared branch"
        case .readOnlyVoteStaysPrepared: "a branch without writes"
        case .outcomeIsNotFinal: "a commit after the outcome was asked for"
        case .outcomeIsNotRecorded: "a recorded commit"
        case .writesAreVisibleAtOnce, .commitDoesNothing: "a branch is visible to others"
        case .finishingTakesAll: "branches of other formats"
        }
    }
}

/// A memory resource with a defect.
final class BrokenResource: TransactionResource {
    let inner = MemoryResource("broken", lockWait: .seconds(1))
    let defect: Defect
    var name: String { inner.name }
    var abilities: ResourceAbilities { inner.abilities }

    init(_ defect: Defect) { self.defect = defect }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> BrokenBranch {
        BrokenBranch(try await inner.begin(xid, readOnly: readOnly), self)
    }

    func commitPrepared(_ xid: Xid) async throws {
        if defect == .unknownIsAnError, !inner.prepared.contains(xid) {
            throw ResourceError.rolledBack(reason: "unknown")
        }
        if defect == .finishingTakesAll { return try await takeAll() }
        try await inner.commitPrepared(xid)
    }

    func rollbackPrepared(_ xid: Xid) async throws {
        if defect == .finishingTakesAll { return try await takeAll() }
        try await inner.rollbackPrepared(xid)
    }

    private func takeAll() async throws {
        for xid in inner.prepared { try await inner.rollbackPrepared(xid) }
    }

    func preparedBranches() async throws -> [Xid] {
        defect == .preparedIsNotListed ? [] : try await inner.preparedBranches()
    }

    func outcome(of xid: Xid) async throws -> BranchOutcome {
        switch defect {
        case .outcomeIsNotFinal: inner.outcomes[xid] ?? .notCommitted
        case .outcomeIsNotRecorded: .notCommitted
        default: try await inner.outcome(of: xid)
        }
    }
}

final class BrokenBranch: TransactionBranch {
    private let inner: MemoryBranch
    private let resource: BrokenResource

    init(_ inner: MemoryBranch, _ resource: BrokenResource) {
        self.inner = inner
        self.resource = resource
    }

    func write(_ key: String, _ value: String) async throws {
        try await inner.write(key, value)
        if resource.defect == .writesAreVisibleAtOnce { resource.inner[key] = value }
    }

    func prepare() async throws -> Vote {
        let vote = try await inner.prepare()
        switch resource.defect {
        case .preparedIsForgotten: try await resource.inner.rollbackPrepared(inner.xid)
        case .readOnlyVoteStaysPrepared where vote == .readOnly:
            let left = try await resource.inner.begin(inner.xid, readOnly: false)
            try await left.write("left", "behind")
            _ = try await left.prepare()
        default: break
        }
        return vote
    }

    func commitOnePhase(recordingOutcome: Bool) async throws {
        if resource.defect == .commitDoesNothing { return try await inner.rollback() }
        try await inner.commitOnePhase(recordingOutcome: recordingOutcome)
    }

    func rollback() async throws {
        if resource.defect == .rollbackCommits {
            try? await inner.commitOnePhase(recordingOutcome: false)
        }
        if resource.defect == .rollbackDropsPrepared {
            try await resource.inner.rollbackPrepared(inner.xid)
        }
        try await inner.rollback()
    }
}

@Suite struct NonconformanceTests {
    @Test(arguments: Defect.allCases)
    func everyDefectIsNoticed(defect: Defect) async {
        let resource = BrokenResource(defect)
        let findings = await ResourceConformance(
            resource, write: { try await $0.write($1, $2) }, read: { resource.inner[$0] }
        ).findings()
        #expect(
            findings.contains { $0.check.contains(defect.check) },
            "\(findings.map(\.description))")
    }

    @Test func aCheckThatHangsIsReported() async {
        let resource = MemoryResource("hangs")
        resource.pause(.commitPrepared)
        let conformance = ResourceConformance(
            resource, write: { try await $0.write($1, $2) }, read: { resource[$0] },
            limit: .milliseconds(200))
        await #expect(throws: ResourceNonconformance.self) { try await conformance.check() }
        resource.resume(.commitPrepared)
    }
}
