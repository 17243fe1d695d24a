package import Model

/// How a partition's owner goes about it. Times are in milliseconds.
package struct PartitionOptions: Sendable {
    /// What a claim waits beyond a lease or deadline that another machine's clock set.
    package var allowance: Milliseconds = 1_000
    /// The policy of kinds that have none.
    package var fallback = KindPolicy()
    /// How often a mark is written, at most; none where nothing was folded since the last.
    package var markInterval: Milliseconds = 10_000
    /// Claims and parkings in one message.
    package var maxClaims = 1_024
    /// Messages between the oldest session and the head above which sessions are carried.
    package var carryLag = 10_000
    /// Sessions carried at a time.
    package var maxCarries = 64

    package init() {}
}
