internal import Journal
internal import Logging
internal import Model
internal import Transactions
internal import WAL

// Records of one-phase commits that a process left behind: it died between the decision and
// forgetting.

extension TransactionRecovery {
    /// At a time; the rest comes with the next look.
    private static let outcomesAtOnce = 1_000

    func forgetOutcomes(in resource: any TransactionResource) async {
        let recorded: [Xid]
        do {
            recorded = try await resource.recordedCommits(limit: Self.outcomesAtOnce)
        } catch {
            return shared.log.logger.info(
                "a resource could not be asked for its recorded commits",
                metadata: ["reprise.resource": "\(resource.name)", "reprise.error": "\(error)"])
        }
        // Looked at after the listing: who recorded a commit is in the log, or at work, until the
        // outcome is written.
        let journal = shared.log.journal
        let left = recorded.filter { xid in
            guard let own = xid.own, own.journal == shared.log.identity else { return false }
            return shared.driver(own.transaction) == nil
                && journal.withCore { $0.transactions[own.transaction] == nil }
        }
        guard !left.isEmpty else { return }
        // What the log knows now a crash may take back: the outcome must be on disk before the
        // evidence goes.
        let written = journal.log.appended
        journal.log.flush()
        guard (try? await journal.log.waitDurable(written)) != nil else { return }
        for xid in left { await resource.forgetOutcome(of: xid) }
        shared.log.logger.info(
            "records of commits that nobody will ask for are forgotten",
            metadata: [
                "reprise.resource": "\(resource.name)", "reprise.outcomes": "\(left.count)",
            ])
    }
}
