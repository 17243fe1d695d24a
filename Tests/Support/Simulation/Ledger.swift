internal import Model
internal import Sessions

/// What clients were told, session by session: the promises that recovery must keep.
final class Ledger {
    struct Entry {
        var isOpened = false
        /// Sent, and perhaps never answered.
        var triedToComplete = false
        var completed: Acknowledgement?
        /// Records that were acknowledged and that no later replace can have taken away.
        var records: [[UInt8]] = []
    }

    private(set) var entries: [SessionID: Entry] = [:]
    private var handedOut: Set<Token> = []
    private let findings: Findings

    private struct Token: Hashable {
        var place: String
        var token: Position
    }

    init(findings: Findings) { self.findings = findings }

    func change(_ id: SessionID, _ body: (inout Entry) -> Void) {
        body(&entries[id, default: Entry()])
    }

    /// A handler starts, on the claim that `watch` saw (or did not).
    func handsOut(
        _ session: Session, _ run: Run, of watch: LogWatch, isStandalone: Bool,
        hasWildClocks: Bool = false
    ) {
        findings.require(
            watch.claims[run.token] == session.id, .handedOutOnClaim,
            "\(watch.name): \(session.id) is run with token \(run.token), which is no claim")
        let isNew = handedOut.insert(Token(place: watch.name, token: run.token)).inserted
        findings.require(
            isNew, .handedOutOnClaim, "\(watch.name): claim \(run.token) is handed out again")
        guard let entry = entries[session.id] else { return }
        // A local completion can lose to a claim that reached the partition first; `LogWatch` sees
        // to it that it counts whenever it comes first.
        let isFinal =
            isStandalone
            ? entry.completed != nil : entry.completed == .mirrored && !hasWildClocks
        findings.require(
            !isFinal, .completeIsFinal,
            "\(watch.name): \(session.id) was completed and is handed out, token \(run.token)")
        if isStandalone {
            for record in entry.records {
                findings.require(
                    session.records.contains(record), .acknowledgedIsDurable,
                    "\(session.id) is handed out without the acknowledged record \(record)")
            }
        }
    }
}
