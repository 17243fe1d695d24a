internal import Model

/// How many of the last runs failed: those that ended within the last `window` milliseconds, counted in
/// ten parts of it.
struct OutcomeWindow: Sendable, Hashable {
    private struct Bucket: Sendable, Hashable {
        var start: Timestamp
        var succeeded = 0
        var failed = 0
    }

    /// By time; at most eleven.
    private var buckets: [Bucket] = []

    var failed: Int { buckets.reduce(0) { $0 + $1.failed } }
    var total: Int { buckets.reduce(0) { $0 + $1.failed + $1.succeeded } }

    /// A clock that is set back forgets what came after the new time.
    mutating func note(failed: Bool, now: Timestamp, window: Milliseconds) {
        buckets.removeAll { $0.start > now || now - $0.start >= window }
        let width = max(1, window / 10)
        let start = Timestamp(milliseconds: now.milliseconds - now.milliseconds % width)
        if buckets.last?.start != start { buckets.append(Bucket(start: start)) }
        if failed {
            buckets[buckets.count - 1].failed += 1
        } else {
            buckets[buckets.count - 1].succeeded += 1
        }
    }
}
