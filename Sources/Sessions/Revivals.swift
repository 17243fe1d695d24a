internal import DequeModule
internal import Model

/// The sessions that came back from the dead letters, the last of them. An operator's order that brings
/// a copy from before that time is the same order once more, from somebody who looked at the dead letter
/// at the same time or who died before it was taken away: the session may be finished by now, and must
/// not come back again.
struct Revivals: Sendable {
    /// What a mark can hold; an order that is older than so many others is not recognised.
    static let capacity = 1_024

    private var positions: [SessionID: Position] = [:]
    /// In the order of the log; outdated ones of a session that came back again among them.
    private var entries: Deque<Mark.Revival> = []

    /// As a mark has them.
    init(_ revivals: [Mark.Revival] = []) {
        for revival in revivals { note(revival.session, at: revival.position) }
    }

    /// For a mark: a fold that begins there decides as this one does.
    var all: [Mark.Revival] { Array(entries) }

    mutating func note(_ id: SessionID, at position: Position) {
        positions[id] = position
        entries.append(Mark.Revival(session: id, position: position))
        guard entries.count > Revivals.capacity else { return }
        let oldest = entries.removeFirst()
        if positions[oldest.session] == oldest.position { positions[oldest.session] = nil }
    }

    /// Whether the copy was made before the session last came back.
    func isRepeat(_ copy: Snapshot, of id: SessionID) -> Bool {
        positions[id].map { copy.order < $0.rawValue } ?? false
    }
}
