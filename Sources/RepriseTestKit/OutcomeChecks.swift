internal import Model
internal import Transactions

/// What a resource promises that records the outcome of one-phase commits.
extension ResourceConformance {
    var outcomeChecks: [Check] {
        [
            Check("a recorded commit is answered, again and again") {
                let key = freshKey()
                let xid = freshXid()
                try await begun(xid, key).commitOnePhase(recordingOutcome: true)
                try await requireValue(key, "new", "after the commit")
                try await requireOutcome(xid, .committed, "after the commit")
                try await requireOutcome(xid, .committed, "asked again")
                await other.forgetOutcome(of: xid)
                try await requireValue(key, "new", "after the outcome was forgotten")
                try require(
                    try await !other.recordedCommits(limit: 1_000_000).contains(xid),
                    "a commit that was forgotten is listed as recorded")
            },
            Check("what was never begun was not committed") {
                let xid = freshXid()
                try await requireOutcome(xid, .notCommitted, "of an unknown branch")
                try await requireOutcome(xid, .notCommitted, "asked again")
                await other.forgetOutcome(of: xid)
            },
            Check("what was rolled back was not committed") {
                let key = freshKey()
                let xid = freshXid()
                try await begun(xid, key).rollback()
                try await requireOutcome(xid, .notCommitted, "after the rollback")
                try await requireValue(key, nil, "after the rollback")
            },
            Check("a commit after the outcome was asked for fails") {
                try await fenced(forgetting: false)
            },
            Check("a commit after the outcome was asked for and forgotten fails") {
                try await fenced(forgetting: true)
            },
            Check("a commit and a question at the same time agree", race),
            Check("a read-only branch's commit is on record, too") {
                let xid = freshXid()
                let branch = try await resource.begin(xid, readOnly: true)
                try await branch.commitOnePhase(recordingOutcome: true)
                try await requireOutcome(xid, .committed, "after the commit")
                await other.forgetOutcome(of: xid)
            },
        ]
    }

    private func fenced(forgetting: Bool) async throws {
        let key = freshKey()
        let xid = freshXid()
        let branch = try await begun(xid, key)
        try await requireOutcome(xid, .notCommitted, "of a branch that is still open")
        if forgetting { await other.forgetOutcome(of: xid) }
        try await requireError("the branch was committed after notCommitted was answered") {
            try await branch.commitOnePhase(recordingOutcome: true)
        }
        try? await branch.rollback()
        try await requireValue(key, nil, "after the late commit")
        if !forgetting { try await requireOutcome(xid, .notCommitted, "after the late commit") }
    }

    private func race() async throws {
        for round in 0..<20 {
            let key = freshKey()
            let xid = freshXid()
            let branch = try await begun(xid, key)
            async let answer = settledOutcome(of: xid)
            let error: (any Error)?
            do {
                try await branch.commitOnePhase(recordingOutcome: true)
                error = nil
            } catch let thrown {
                error = thrown
                try? await branch.rollback()
            }
            let outcome = try await answer
            try await requireValue(
                key, outcome == .committed ? "new" : nil,
                "in round \(round), where the outcome was \(outcome),")
            if error == nil {
                try require(outcome == .committed, "a successful commit was answered \(outcome)")
            }
            if case .rolledBack? = error as? ResourceError {
                try require(
                    outcome == .notCommitted, "a branch that was rolled back was \(outcome)")
            }
            try await requireOutcome(xid, outcome, "after both")
            await other.forgetOutcome(of: xid)
        }
    }

    /// A question may fail while the commit is under way; then it is repeated.
    private func settledOutcome(of xid: Xid) async throws -> BranchOutcome {
        for _ in 0..<20 {
            if let outcome = try? await other.outcome(of: xid) { return outcome }
        }
        return try await other.outcome(of: xid)
    }
}
