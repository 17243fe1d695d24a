package import Logging
internal import Model
internal import Platform
package import Transactions

/// Commits the branches of a transaction that another process has decided and perhaps not finished.
/// Never rolls anything back: what was not decided is for its own journal to say.
///
/// The decision is durable before anybody can read of it, so "commit" is the only verb that is ever
/// sent to these branches, and whoever sends it again finds them committed: it does not matter whether
/// the coordinator is dead.
package struct Takeover: Sendable {
    private let resources: ResourceRegistry
    private let logger: Logger

    package init(resources: ResourceRegistry, logger: Logger) {
        self.resources = resources
        self.logger = logger
    }

    package enum Outcome: Sendable, Hashable {
        /// Nothing of it is prepared any more.
        case committed
        /// Some of it is to be tried again.
        case pending(String)
        /// A resource has finished a branch otherwise: somebody has to look.
        case heuristic(String)
    }

    private enum Answer: Sendable {
        case committed
        case pending(String)
        case heuristic(String)
    }

    /// An error of one branch does not keep the others. Can be repeated.
    package func commit(_ list: CommitList) async -> Outcome {
        let answers = await withTaskGroup(of: (UInt32, Answer).self) { group in
            for branch in list.branches {
                group.addTask { (branch.number, await commit(branch, of: list)) }
            }
            var answers: [UInt32: Answer] = [:]
            for await (number, answer) in group { answers[number] = answer }
            return answers.sorted { $0.key < $1.key }.map(\.value)
        }
        var pending: [String] = []
        var heuristics: [String] = []
        for answer in answers {
            switch answer {
            case .committed: break
            case .pending(let reason): pending.append(reason)
            case .heuristic(let reason): heuristics.append(reason)
            }
        }
        log(list, pending)
        // What can still be committed comes first: after that, somebody has to look.
        if !pending.isEmpty { return .pending((pending + heuristics).joined(separator: "; ")) }
        return heuristics.isEmpty ? .committed : .heuristic(heuristics.joined(separator: "; "))
    }

    private func commit(_ branch: BranchReference, of list: CommitList) async -> Answer {
        guard let resource = resources[branch.resource] else {
            return .pending("Resource \(branch.resource) is not registered in this process.")
        }
        do {
            try await resource.commitPrepared(list.xid(of: branch), part: branch.part)
            return .committed
        } catch ResourceError.heuristic(.committed, _) {
            return .committed
        } catch ResourceError.heuristic(.notCommitted, let reason) {
            return .heuristic(
                "Resource \(branch.resource) has rolled branch \(branch.number) back: \(reason)")
        } catch let error as RepriseError {
            return .pending("resource \(branch.resource): \(error.message)")
        } catch {
            // The type only: a foreign error's text may hold anything.
            return .pending("resource \(branch.resource): \(type(of: error))")
        }
    }

    private func log(_ list: CommitList, _ pending: [String]) {
        var metadata: Logger.Metadata = [
            "reprise.transaction.id": "\(list.transaction)",
            "reprise.branches": "\(list.branches.count)",
        ]
        guard !pending.isEmpty else {
            return logger.notice(
                "a transaction that another node has decided is committed", metadata: metadata)
        }
        metadata["reprise.reason"] = "\(pending.joined(separator: "; "))"
        logger.report(
            .warning, .resourceFailed,
            "a transaction that another node has decided is not committed everywhere yet",
            metadata: metadata)
    }
}
