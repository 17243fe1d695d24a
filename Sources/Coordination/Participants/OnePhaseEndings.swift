internal import Model
internal import Synchronization
internal import Transactions

/// How parts ended that decided by themselves. Nothing else knows of them once they are gone, and a
/// coordinator that has lost the answer asks again: it must not take a commit for a refusal.
///
/// The newest are kept, for a while.
final class OnePhaseEndings: Sendable {
    private struct Ending {
        var xid: Xid
        var part: TransactionID
        var report: TransactionReport
        var time: Milliseconds
    }

    private struct State {
        /// A ring: the oldest stands at `next`, once it is full.
        var endings: [Ending] = []
        var next = 0
        var places: [Xid: Int] = [:]
    }

    private static let limit = 10_000
    private static let kept: Milliseconds = 600_000

    private let state = Mutex(State())

    func note(_ xid: Xid, part: TransactionID, _ report: TransactionReport, now: Milliseconds) {
        let ending = Ending(xid: xid, part: part, report: report, time: now)
        state.withLock { state in
            let place = state.next
            state.next = (place + 1) % OnePhaseEndings.limit
            if place < state.endings.count {
                let old = state.endings[place].xid
                // It may have ended again since, in another place.
                if state.places[old] == place { state.places[old] = nil }
                state.endings[place] = ending
            } else {
                state.endings.append(ending)
            }
            state.places[xid] = place
        }
    }

    /// - Parameter part: the one that is meant; nil takes any.
    func report(of xid: Xid, part: TransactionID?, now: Milliseconds) -> TransactionReport? {
        state.withLock { state in
            guard let place = state.places[xid] else { return nil }
            let ending = state.endings[place]
            guard part ?? ending.part == ending.part,
                now - ending.time < OnePhaseEndings.kept
            else { return nil }
            return ending.report
        }
    }
}
