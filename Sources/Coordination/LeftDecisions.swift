internal import Journal
internal import Model
internal import Synchronization
internal import Transactions
internal import WAL

/// Whether decisions that an earlier process left behind count already.
final class LeftDecisions: Sendable {
    private struct State {
        var count = false
        var isBeingAsked = false
    }

    private let state = Mutex(State())

    var count: Bool { state.withLock { $0.count } }

    func noteMirrored() { state.withLock { $0.count = true } }

    /// True for the one who is to find out.
    func beginAsking() -> Bool {
        state.withLock { state in
            guard !state.count, !state.isBeingAsked else { return false }
            state.isBeingAsked = true
            return true
        }
    }

    func endAsking() { state.withLock { $0.isBeingAsked = false } }
}

extension SharedCoordination {
    /// Where decisions count only once Kafka has them, that holds for those that an earlier process
    /// did not live to see there. False when this one ends before.
    func decisionsCount() async -> Bool {
        guard options.acknowledgement == .mirrored, let mirrored = log.mirrored else { return true }
        let outbox = log.journal.withCore { core in
            core.transactions.live.values.contains {
                $0.phase == .committing && !$0.outline.messages.isEmpty
            }
        }
        do throws(RepriseError) {
            try await mirrored(log.journal.log.appended, outbox)
        } catch {
            return false
        }
        leftDecisions.noteMirrored()
        return true
    }

    /// As far as is known without waiting for Kafka; where it is not known, it is being found out.
    func leftDecisionsCount() -> Bool {
        guard options.acknowledgement == .mirrored, log.mirrored != nil else { return true }
        if leftDecisions.count { return true }
        if leftDecisions.beginAsking() {
            later(after: 0) {
                _ = await self.decisionsCount()
                self.leftDecisions.endAsking()
            }
        }
        return false
    }
}
