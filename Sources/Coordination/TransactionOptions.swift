public import Model

/// How a manager behaves. Every value has a safe default.
public struct TransactionOptions: Sendable, Hashable {
    /// How long a transaction may be active. Default 30 s; 10 ms to 24 h.
    public var timeout: Milliseconds = 30_000
    /// When a decision counts: durable in this node's journal, or acknowledged by Kafka as well, so
    /// that others know the outcome even if this node's disk is lost. Default `local`.
    public var acknowledgement = Acknowledgement.local
    /// Whether the outcome of a transaction that needs no record (one branch without durable work) is
    /// written down and published all the same, where outcomes are published: with Kafka. Not a
    /// forced write: it goes along with the next one. Default true.
    public var publishesAll = true
    /// How long after a decision over prepared branches a worker of the recovery group may commit
    /// those that this node has not; 0 is never. With Kafka only, and surely only for decisions that
    /// are acknowledged `mirrored`. Default 1 min; 0 to 24 h.
    public var takeoverAfter: Milliseconds = 60_000
    /// How long recovery waits between two looks at what resources hold prepared. Default 30 s;
    /// 100 ms to 1 h.
    public var recoveryInterval: Milliseconds = 30_000
    /// How long a prepared branch that nobody knows must have been seen before it is rolled back.
    /// A branch of this journal that is not at work here was left by an earlier process, so there is
    /// no need to wait. Default 0; 0 to 24 h.
    public var graceOfUndecided: Milliseconds = 0
    /// Between tries of a branch that cannot be reached.
    public var retry: RetryPolicy
    /// Levels of after-commit work that runs transactions with after-commit work. Default 10.
    public var maxNesting = 10
    /// Rounds of before-commit actions that register further ones. Default 10.
    public var maxRounds = 10
    /// Bytes of all durable actions, messages and sessions of a transaction. Default 512 KiB.
    public var maxCargoBytes = 512 * 1024
    /// Durable actions, sessions and messages of a transaction. Default 1,000; at most 4,000.
    public var maxCargo = 1_000
    /// Branches of a transaction. Default 64.
    public var maxBranches = 64

    /// How long a part of another process's transaction waits until it asks the coordinator what became
    /// of it: a prepared one, and one that no request works in. Default 5 s; 10 ms to 1 h.
    public var participantPatience: Milliseconds = 5_000
    /// Parts of other processes' transactions at a time. Default 10,000.
    public var maxParticipants = 10_000

    static let maxTimeout: Milliseconds = 86_400_000

    public init() {
        retry = RetryPolicy()
        retry.firstDelay = 50
        retry.maxDelay = 30_000
        retry.maxAttempts = 0
        retry.maxAge = 0
    }

    /// Throws `configuration` when a value is out of its range.
    public func validate() throws(RepriseError) {
        let inRange =
            (10...TransactionOptions.maxTimeout).contains(timeout)
            && (100...3_600_000).contains(recoveryInterval)
            && (0...86_400_000).contains(takeoverAfter)
            && (0...86_400_000).contains(graceOfUndecided) && (1...100).contains(maxNesting)
            && (1...100).contains(maxRounds)
            && (1...(768 * 1024)).contains(maxCargoBytes) && (1...4_000).contains(maxCargo)
            && (1...1_024).contains(maxBranches)
            && (10...3_600_000).contains(participantPatience)
            && (1...1_000_000).contains(maxParticipants)
        guard inRange else {
            throw RepriseError(
                .configuration,
                "A setting of transactions is out of its range; see the configuration's page.")
        }
        var policy = KindPolicy()
        policy.retry = retry
        try policy.validate()
    }
}

/// What `run` does with the current transaction, and without one.
public enum TransactionPolicy: Sendable, Hashable, CaseIterable {
    /// Joins the current one, else begins one.
    case required
    /// Begins one; the current one is suspended meanwhile and not affected.
    case requiresNew
    /// Joins the current one, else runs without.
    case supports
    /// Runs without; the current one is suspended meanwhile.
    case notSupported
}
