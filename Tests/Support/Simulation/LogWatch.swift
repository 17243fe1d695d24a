internal import Model
internal import Sessions

/// Sees every event of one log as it lands, folds the log from its beginning with the shipping fold,
/// and holds what that fold accepts against a bookkeeping of its own, which knows only this file.
struct LogWatch {
    /// What became of one session, as far as the rules below need it.
    struct Story {
        var due: Timestamp?
        /// The group has claimed or parked it: its writer's events count no more.
        var isTaken = false
        /// The last accepted claim and whether it has its result.
        var claim: Position?
        var hasResult = false
        var isEnded = false
        var isDeadLettered = false
        var isCancelled = false
        /// An operator's word moves due times and ends in its own way.
        var isOperated = false
    }

    struct Arrival: Hashable {
        var journal: UInt64
        var sequence: UInt64
    }

    let name: String
    private let findings: Findings
    private(set) var table = SessionTable()
    private(set) var stories: [SessionID: Story] = [:]
    private(set) var owner = Writer.nobody
    /// Accepted claims by their position.
    private(set) var claims: [Position: SessionID] = [:]
    /// What came from journals, and whether the fold accepted it at its first arrival.
    private(set) var arrivals: [Arrival: Bool] = [:]
    private var lastArrival: [UInt64: UInt64] = [:]
    /// Whether the journal that wrote a session knows its end.
    var endedAtSource: (SessionID) -> Bool = { _ in false }

    init(_ name: String, findings: Findings) {
        self.name = name
        self.findings = findings
    }

    @discardableResult
    mutating func apply(_ event: Event, at position: Position, from origin: Origin) -> Applied {
        let applied = table.apply(event, at: position, from: origin)
        noteArrival(event, origin, applied)
        if case .owner(let writer) = event.body { owner = writer }
        if applied == .accepted { check(event, at: position, from: origin) }
        findings.require(
            table.conservationDifference == 0, .conservation,
            "\(name): off by \(table.conservationDifference) after \(event.body) at \(position)")
        return applied
    }

    mutating func applyUndecodable(_ message: PartitionPlace, bytes: [UInt8], from origin: Origin) {
        let id = table.applyUndecodable(
            bytes, headers: [], partition: message.partition, at: message.position,
            time: message.time, from: origin)
        if let id { stories[id] = Story() }
    }

    struct PartitionPlace {
        var partition: UInt32
        var position: Position
        var time: Timestamp
    }

    // MARK: Arrivals

    private mutating func noteArrival(_ event: Event, _ origin: Origin, _ applied: Applied) {
        guard origin.sequence > 0 else { return }
        let journal = origin.writer.journal
        guard origin.sequence > lastArrival[journal] ?? 0 else {
            findings.require(
                applied == .ignored(.resent), .staleChangesNothing,
                "\(name): \(origin.sequence) of journal \(journal) came again and counted")
            return
        }
        lastArrival[journal] = origin.sequence
        arrivals[Arrival(journal: journal, sequence: origin.sequence)] = applied == .accepted
        guard case .ignored(let reason) = applied else { return }
        let story = stories[event.session]
        // Before the end of a session the mirror may leave writes out, and send others.
        guard event.body.type == .completed || !endedAtSource(event.session) else { return }
        let mustCount =
            reason == .resent || reason == .gap
            || (story.map { !$0.isTaken && !$0.isEnded && !$0.isOperated } ?? false)
        findings.require(
            !mustCount, .mirrorIsFaithful,
            "\(name): \(event.body) of \(event.session), \(origin.sequence) of its journal, "
                + "arrived and was ignored: \(reason)")
    }

    // MARK: What was accepted

    private mutating func check(_ event: Event, at position: Position, from origin: Origin) {
        let id = event.session
        if let token = event.token, token != .none {
            let story = stories[id]
            findings.require(
                story?.claim == token && story?.isEnded == false, .staleChangesNothing,
                "\(name): \(event.body) of \(id) counted, the claim is \(String(describing: story))"
            )
            findings.require(
                story?.hasResult == false, .oneResultPerClaim,
                "\(name): a second result of claim \(token) of \(id) counted: \(event.body)")
        }
        switch event.body {
        case .claimed, .carried, .mark, .deadLettered:
            findings.require(
                origin.writer == owner, .staleChangesNothing,
                "\(name): \(event.body) at \(position) counted, its writer is not the owner")
        default: break
        }
        guard id != Event.noSession else { return }
        let isEnded = stories[id]?.isEnded == true
        findings.require(
            !isEnded, .completeIsFinal, "\(name): \(id) had ended, \(event.body) counted")
        note(event, at: position)
    }

    private mutating func note(_ event: Event, at position: Position) {
        var story = stories[event.session] ?? Story()
        switch event.body {
        case .opened(let opening): story.due = opening.lease
        case .appended(let write), .replaced(let write): story.due = write.until
        case .extended(let until, _): story.due = until
        case .closed(let due): story.due = due
        case .claimed(let claim):
            findings.require(
                story.isOperated || claim.time >= story.due ?? .distantFuture, .neverEarly,
                "\(name): \(event.session) was due at \(String(describing: story.due)), claimed at "
                    + "\(claim.time)")
            story.due = claim.deadline
            story.claim = position
            story.isTaken = true
            story.hasResult = false
            claims[position] = event.session
        case .retried(let retry):
            story.due = retry.due
            story.hasResult = true
        case .completed:
            story.hasResult = true
            story.isEnded = true
        case .parked(_, let token):
            story.isTaken = true
            if token == .none, story.claim != nil, !story.hasResult { story.isOperated = true }
            if token != .none { story.hasResult = true }
            if token == .none, case .waiting? = table[event.session]?.phase {
                story.isOperated = true
            }
        case .requeued: story.isOperated = true
        case .cancelled:
            story.isOperated = true
            story.isCancelled = true
        case .deadLettered:
            story.isEnded = true
            story.isDeadLettered = true
        case .handedOver: story.isEnded = true
        case .carried, .owner, .mark, .unknown: break
        }
        if story.isOperated, table[event.session] == nil { story.isEnded = true }
        stories[event.session] = story
    }
}

extension Event {
    /// The token that the event comes with; nil where its type has none.
    var token: Position? {
        switch body {
        case .appended(let write), .replaced(let write): write.token
        case .extended(_, let token), .completed(let token), .parked(_, let token): token
        case .retried(let retry): retry.token
        default: nil
        }
    }
}
