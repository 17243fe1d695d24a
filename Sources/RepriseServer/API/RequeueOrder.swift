internal import Model

/// Which dead letters are to go back, and how fast.
struct RequeueOrder: Sendable, Hashable {
    static let maxLetters = 10_000
    static let maxPerSecond = 1_000
    static let maxSpread: Milliseconds = 24 * 3_600_000

    var kind: Kind?
    var reason: ErrorCode?
    var ids: Set<SessionID>?
    /// Letters a second.
    var perSecond = 10
    /// Each is due at a random time up to so long after it was requeued.
    var spread: Milliseconds = 0
    /// No more letters than this, in the order of their ids.
    var limit = 1_000
}

extension RequeueOrder {
    struct Fields: Decodable {
        static let names: Set<String> = [
            "kind", "reason", "ids", "perSecond", "spreadMs", "limit",
        ]

        var kind: String?
        var reason: Choice<ErrorCode>?
        var ids: [String]?
        var perSecond: Int?
        var spreadMs: Delay?
        var limit: Int?
    }

    init(_ fields: Fields) throws(RepriseError) {
        if let kind = fields.kind { self.kind = try Kind(kind) }
        reason = fields.reason?.value
        if let texts = fields.ids {
            var ids: Set<SessionID> = []
            for text in texts { ids.insert(try SessionID(checking: text)) }
            self.ids = ids
        }
        perSecond = try RequeueOrder.inside(
            fields.perSecond ?? perSecond, 1...RequeueOrder.maxPerSecond, "perSecond")
        limit = try RequeueOrder.inside(
            fields.limit ?? limit, 1...RequeueOrder.maxLetters, "limit")
        spread = fields.spreadMs?.milliseconds ?? 0
        guard spread <= RequeueOrder.maxSpread else {
            throw RepriseError(.invalidRequest, "spreadMs is 0 to \(RequeueOrder.maxSpread).")
        }
        guard ids?.count ?? 0 <= RequeueOrder.maxLetters else {
            throw RepriseError(
                .invalidRequest, "ids has more than \(RequeueOrder.maxLetters) elements.")
        }
    }

    private static func inside(
        _ value: Int, _ range: ClosedRange<Int>, _ name: String
    ) throws(RepriseError) -> Int {
        guard range.contains(value) else {
            throw RepriseError(
                .invalidRequest, "\(name) is \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    var filter: SessionFilter {
        var filter = SessionFilter()
        filter.kind = kind
        filter.reason = reason
        return filter
    }
}
