internal import Model
internal import Transactions

/// What a resource promises that prepares.
extension ResourceConformance {
    var preparingChecks: [Check] {
        [
            Check("a prepared branch is listed and can be committed by whoever reaches it") {
                try await finishedElsewhere(committing: true)
            },
            Check("a prepared branch is listed and can be rolled back by whoever reaches it") {
                try await finishedElsewhere(committing: false)
            },
            Check("commit and rollback of what is not known succeed") {
                try await other.commitPrepared(freshXid())
                try await other.rollbackPrepared(freshXid())
            },
            Check("letting go of a prepared branch does not roll it back", letGo),
            Check("a branch without writes leaves nothing behind") {
                try await withoutWrites(readOnly: false)
            },
            Check("a read-only branch leaves nothing behind") {
                try await withoutWrites(readOnly: true)
            },
            Check("prepared branches are finished independently", sideBySide),
            Check("a branch that is finished twice at once is finished once", twiceAtOnce),
            Check("ids with parts of 64 bytes are refused at the beginning or work", longXid),
            Check("branches of other formats are listed, and left alone", foreign),
        ]
    }

    private func finishedElsewhere(committing: Bool) async throws {
        let key = freshKey()
        let xid = freshXid(number: 7)
        try await prepared(xid, key)
        try await requireListed(xid, true, "after prepare")
        try await requireValue(key, nil, "after prepare")
        for round in ["after the decision", "after its repetition"] {
            if committing {
                try await other.commitPrepared(xid)
            } else {
                try await other.rollbackPrepared(xid)
            }
            try await requireListed(xid, false, round)
            try await requireValue(key, committing ? "new" : nil, round)
        }
        let next = try await begun(freshXid(), key, "next")
        try await next.commitOnePhase(recordingOutcome: false)
        try await requireValue(key, "next", "after another branch wrote the same key")
    }

    private func letGo() async throws {
        let key = freshKey()
        let xid = freshXid()
        let branch = try await begun(xid, key)
        _ = try await branch.prepare()
        try await branch.rollback()
        try await requireListed(xid, true, "after prepare and rollback() of the branch")
        try await other.commitPrepared(xid)
        try await requireValue(key, "new", "after the commit")
    }

    private func withoutWrites(readOnly: Bool) async throws {
        let xid = freshXid()
        let branch = try await resource.begin(xid, readOnly: readOnly)
        switch try await branch.prepare() {
        case .readOnly: try await requireListed(xid, false, "after voting read-only")
        case .prepared: try await requireListed(xid, true, "after voting prepared")
        }
        try await other.commitPrepared(xid)
        try await requireListed(xid, false, "after the commit")
    }

    private func sideBySide() async throws {
        let branches = (0..<12).map { (xid: freshXid(number: $0), key: freshKey("side\($0)")) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for branch in branches {
                group.addTask { try await prepared(branch.xid, branch.key) }
            }
            try await group.waitForAll()
        }
        let listed = Set(try await other.preparedBranches())
        try require(
            listed.isSuperset(of: branches.map(\.xid)), "not all prepared branches are listed")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, branch) in branches.enumerated() {
                group.addTask {
                    if index % 2 == 0 {
                        try await other.commitPrepared(branch.xid)
                    } else {
                        try await other.rollbackPrepared(branch.xid)
                    }
                }
            }
            try await group.waitForAll()
        }
        for (index, branch) in branches.enumerated() {
            try await requireValue(branch.key, index % 2 == 0 ? "new" : nil, "of branch \(index)")
        }
    }

    /// One of two simultaneous calls may fail; then it is repeated.
    private func twiceAtOnce() async throws {
        let key = freshKey()
        let xid = freshXid()
        try await prepared(xid, key)
        await withTaskGroup(of: Void.self) { group in
            for resource in [resource, other] {
                group.addTask { try? await resource.commitPrepared(xid) }
            }
        }
        try await other.commitPrepared(xid)
        try await requireValue(key, "new", "after two commits at once")
    }

    private func longXid() async throws {
        let key = freshKey()
        let random = (0..<64).map { _ in UInt8.random(in: .min ... .max) }
        let xid = try Xid(format: Xid.format, global: random, branch: random.reversed())
        let branch: Resource.Branch
        do {
            branch = try await resource.begin(xid, readOnly: false)
        } catch let error as RepriseError where error.code == .xidInvalid {
            return
        }
        try await write(branch, key, "new")
        _ = try await branch.prepare()
        try await requireListed(xid, true, "after prepare")
        try await other.commitPrepared(xid)
        try await requireListed(xid, false, "after the commit")
        try await requireValue(key, "new", "after the commit")
    }

    private func foreign() async throws {
        let keys = (freshKey("ours"), freshKey("foreign"))
        let ours = freshXid()
        let foreign = try Xid(format: 0x464F, global: ours.global, branch: ours.branch)
        try await prepared(foreign, keys.1)
        try await prepared(ours, keys.0)
        try await requireListed(foreign, true, "after prepare")
        let listed = try await other.preparedBranches().first { $0 == foreign }
        try require(listed?.own == nil, "a foreign branch passes for one of ours")
        try await other.rollbackPrepared(ours)
        try await requireListed(foreign, true, "after one of ours was finished")
        try await other.commitPrepared(foreign)
        try await requireValue(keys.1, "new", "after the foreign branch's commit")
        try await requireValue(keys.0, nil, "after our branch's rollback")
    }
}
