internal import Transactions

/// What every resource promises.
extension ResourceConformance {
    var basicChecks: [Check] {
        [
            Check("the name has 1 to 64 bytes and stays the same") {
                try require((1...64).contains(resource.name.utf8.count), "it is \(resource.name)")
                try require(resource.name == other.name, "another instance is \(other.name)")
            },
            Check("a branch is visible to others once it is committed, and not before") {
                try await onePhase()
            },
            Check("a rollback leaves nothing and can be repeated", rolledBack),
            Check("a rollback after the commit changes nothing") {
                let key = freshKey()
                let branch = try await begun(freshXid(), key)
                try await branch.commitOnePhase(recordingOutcome: false)
                // A resource may refuse; it may not undo anything.
                try? await branch.rollback()
                try await requireValue(key, "new", "after commit and rollback")
            },
            Check("a branch that was let go of is rolled back", abandoned),
            Check("a read-only branch cannot change anything", readOnlyWrite),
            Check("branches that are open at the same time do not mix", mixed),
        ]
    }

    private func onePhase() async throws {
        let key = freshKey()
        let branch = try await begun(freshXid(), key)
        try await requireValue(key, nil, "before the commit")
        try await branch.commitOnePhase(recordingOutcome: false)
        try await requireValue(key, "new", "after the commit")
    }

    private func rolledBack() async throws {
        let key = freshKey()
        let branch = try await begun(freshXid(), key)
        try await branch.rollback()
        try await requireValue(key, nil, "after the rollback")
        try await branch.rollback()
        try await requireError("a branch that was rolled back could be committed") {
            try await branch.commitOnePhase(recordingOutcome: false)
        }
        try await requireValue(key, nil, "after a commit of what was rolled back")
        // Nothing is left that another branch would wait for.
        let next = try await begun(freshXid(), key, "next")
        try await next.commitOnePhase(recordingOutcome: false)
        try await requireValue(key, "next", "after a second branch's commit")
    }

    private func abandoned() async throws {
        let key = freshKey()
        _ = try await begun(freshXid(), key)
        let next = try await begun(freshXid(), key, "next")
        try await next.commitOnePhase(recordingOutcome: false)
        try await requireValue(key, "next", "after a second branch's commit")
    }

    private func readOnlyWrite() async throws {
        let key = freshKey()
        let branch = try await resource.begin(freshXid(), readOnly: true)
        try await requireError("a read-only branch could write") {
            try await write(branch, key, "new")
            try await branch.commitOnePhase(recordingOutcome: false)
        }
        try await branch.rollback()
        try await requireValue(key, nil, "after a write in a read-only branch")
    }

    private func mixed() async throws {
        let keys = (0..<8).map { freshKey("mixed\($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, key) in keys.enumerated() {
                group.addTask {
                    let branch = try await begun(freshXid(number: UInt32(index)), key, key)
                    if index % 2 == 0 {
                        try await branch.commitOnePhase(recordingOutcome: false)
                    } else {
                        try await branch.rollback()
                    }
                }
            }
            try await group.waitForAll()
        }
        for (index, key) in keys.enumerated() {
            try await requireValue(key, index % 2 == 0 ? key : nil, "of branch \(index)")
        }
    }

    /// For resources that cannot prepare.
    var refusingChecks: [Check] {
        [
            Check("what cannot prepare says so, and lists nothing") {
                let key = freshKey()
                let xid = freshXid()
                let branch = try await begun(xid, key)
                try await requireError("a branch was prepared") { _ = try await branch.prepare() }
                try await branch.rollback()
                try await requireValue(key, nil, "after the rollback")
                try await requireListed(xid, false, "after the rollback")
            }
        ]
    }
}
