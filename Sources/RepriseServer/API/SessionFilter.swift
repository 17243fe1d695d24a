public import Model
public import Sessions

/// Which sessions to list: those for which all that is given holds.
public struct SessionFilter: Sendable, Hashable {
    public var kind: Kind?
    public var phase: PhaseName?
    /// Whose ids begin so.
    public var id: SessionIDPrefix?
    /// Due at or after it; what is parked is never due.
    public var dueFrom: Timestamp?
    /// Due at or before it.
    public var dueTo: Timestamp?
    /// Opened so long ago, or longer.
    public var olderThan: Milliseconds?
    /// Parked for this reason.
    public var reason: ErrorCode?
    /// At most so many; 1 to `maxLimit`.
    public var limit: Int = 100
    /// Only sessions with a higher id: the `next` of the page before.
    public var after: SessionID?

    public static let maxLimit = 1_000

    public init() {}

    /// Whether it is one of them; `limit` and `after` aside.
    public func matches(_ session: Session, now: Timestamp) -> Bool {
        if let kind, kind != session.kind { return false }
        if let phase, phase != PhaseName(session.phase) { return false }
        if let id, !id.matches(session.id) { return false }
        if dueFrom != nil || dueTo != nil {
            guard let due = session.due else { return false }
            if let dueFrom, due < dueFrom { return false }
            if let dueTo, due > dueTo { return false }
        }
        if let olderThan, now - session.created < olderThan { return false }
        if let reason {
            guard case .parked(let parking) = session.phase, parking.reason == reason else {
                return false
            }
        }
        return true
    }
}

/// How an id begins: hexadecimal digits, with or without the dashes.
public struct SessionIDPrefix: Sendable, Hashable {
    private let first: SessionID
    private let last: SessionID

    /// Nil for what begins no id.
    public init?(_ text: some StringProtocol) {
        let digits = text.filter { $0 != "-" }.compactMap { $0.isASCII ? $0.hexDigitValue : nil }
        guard !digits.isEmpty, digits.count <= 32, digits.count == text.count(where: { $0 != "-" })
        else { return nil }
        func id(padding: Int) -> SessionID {
            var halves: [UInt64] = [0, 0]
            for place in 0..<32 {
                let digit = place < digits.count ? digits[place] : padding
                halves[place / 16] = halves[place / 16] << 4 | UInt64(digit)
            }
            return SessionID(high: halves[0], low: halves[1])
        }
        first = id(padding: 0)
        last = id(padding: 15)
    }

    func matches(_ id: SessionID) -> Bool { first <= id && id <= last }
}

extension SessionPage {
    /// The page that `filter` asks for, from a `list` of at most so many sessions after an id.
    init(
        _ filter: SessionFilter, now: Timestamp,
        from list: (SessionID?, Int, (Session) -> Bool) -> [Session]
    ) {
        let limit = min(max(1, filter.limit), SessionFilter.maxLimit)
        // One more than asked for tells whether there is a next page.
        var found = list(filter.after, limit + 1) { filter.matches($0, now: now) }
        let hasMore = found.count > limit
        if hasMore { found.removeLast() }
        self.init(sessions: found, next: hasMore ? found.last?.id : nil)
    }
}
