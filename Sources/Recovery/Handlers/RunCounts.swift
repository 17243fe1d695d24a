public import Model

/// What became of a kind's runs in this process, since it began.
public struct RunCounts: Sendable, Hashable {
    public var started: UInt64 = 0
    /// By what the handler said; see `outcomes`.
    public var ended: [String: UInt64] = [:]
    /// Runs, this process's or another's, whose deadline passed in the log without an outcome: their
    /// worker died, hung or lost its connection.
    public var expired: UInt64 = 0
    /// From the moment of being due to the start of the handler, in seconds.
    public var lateness = HistogramSnapshot(bounds: HistogramSnapshot.lateness)
    /// What handlers took, in seconds.
    public var duration = HistogramSnapshot(bounds: HistogramSnapshot.seconds)

    /// All zero.
    public init() {}

    /// All that `ended` may count: what the handler said; `timeout`; `abandoned` where the worker
    /// or node stopped while it ran.
    public static let outcomes = [
        "complete", "retry", "unavailable", "park", "failed", "timeout", abandoned,
    ]

    static let abandoned = "abandoned"

    static func name(of outcome: HandlerOutcome) -> String {
        if case .failed(.handlerTimeout, _) = outcome { return "timeout" }
        return outcome.name
    }
}

extension RunTally {
    /// The same over all kinds, in fewer words.
    init(_ kinds: some Sequence<RunCounts>, parked: some Sequence<UInt64>) {
        self.init()
        for counts in kinds {
            completed &+= counts.ended["complete"] ?? 0
            failed &+= (counts.ended["failed"] ?? 0) &+ (counts.ended["timeout"] ?? 0)
            retried &+= (counts.ended["retry"] ?? 0) &+ (counts.ended["unavailable"] ?? 0)
        }
        for count in parked { self.parked &+= count }
    }
}
