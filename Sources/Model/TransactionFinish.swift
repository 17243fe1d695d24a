// Sessions of Reprise's own, in which one process tells others to finish a transaction.

extension Kind {
    /// Commit what a transaction has decided: opened with the decision, completed by the node that
    /// made it, or handed to a worker that reaches the same resources once the node's lease is over.
    public static let transactionFinish = Kind(unchecked: "reprise.transaction.finish")

    private static let reservedPrefix = "reprise.transaction."

    /// Only Reprise opens and recovers sessions of such a kind.
    public var isReserved: Bool { name.hasPrefix(Kind.reservedPrefix) }
}

extension KindPolicy {
    /// Of `Kind.transactionFinish`: tried for as long as it takes, since a prepared branch holds its
    /// locks until it is told, and nobody can take the decision back.
    public static let transactionFinish: KindPolicy = {
        var policy = KindPolicy()
        policy.handlerTimeout = 60_000
        policy.retry.maxDelay = 60_000
        policy.retry.maxAttempts = 0
        policy.retry.maxAge = 0
        // A resource that is down must not keep the branches of others waiting.
        policy.breaker.failures = 0
        return policy
    }()
}
