// Configuration is checked once, at start: what the policies' comments promise is held to here.

extension KindPolicy {
    /// Throws `configuration` when a value is outside of its bounds.
    public func validate() throws(RepriseError) {
        let day: Milliseconds = 24 * 3_600_000
        try require(lease, "lease", 10...day)
        try require(handlerTimeout, "handler timeout", 10...day)
        try require(Int64(concurrency), "concurrency", 1...10_000)
        try require(Int64(ratePerSecond), "rate per second", 0...1_000_000)
        try require(retry.firstDelay, "retry's first delay", 0...day)
        try require(retry.maxDelay, "retry's maximum delay", 0...365 * day)
        try require(retry.maxAge, "retry's maximum age", 0...36_500 * day)
        try require(Int64(breaker.failures), "breaker's failures", 0...1_000_000)
        try require(breaker.openFor, "breaker's open time", 1...day)
        try require(breaker.maxOpenFor, "breaker's maximum open time", breaker.openFor...7 * day)
        try require(breaker.window, "breaker's window", 1_000...3_600_000)
        try require(backlog.after, "backlog's age", 0...day)
        guard breaker.rate >= 0.01, breaker.rate <= 1 else {
            throw RepriseError(.configuration, "A breaker's rate is 0.01 to 1.")
        }
        guard backlog.freshShare >= 0, backlog.freshShare <= 0.9 else {
            throw RepriseError(.configuration, "A backlog's share for fresh work is 0 to 0.9.")
        }
        // Written so that a NaN is refused too.
        guard retry.factor >= 1, retry.factor <= 100 else {
            throw RepriseError(.configuration, "A retry's factor is 1 to 100.")
        }
        guard retry.jitter >= 0, retry.jitter <= 1 else {
            throw RepriseError(.configuration, "A retry's jitter is 0 to 1.")
        }
    }

    private func require(
        _ value: Int64, _ name: String, _ bounds: ClosedRange<Int64>
    ) throws(RepriseError) {
        guard bounds.contains(value) else {
            throw RepriseError(
                .configuration,
                "A policy's \(name) is \(bounds.lowerBound) to \(bounds.upperBound); this one is "
                    + "\(value).")
        }
    }
}
