public import Model

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
