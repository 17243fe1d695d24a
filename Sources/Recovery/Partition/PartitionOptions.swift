package import Model

package struct PartitionOptions: Sendable {
    package var allowance: Milliseconds = 1_000
    package var fallback = KindPolicy()
    package var markInterval: Milliseconds = 10_000
    /// Claims and parkings in one message.
    package var maxClaims = 1_024
    /// Messages between the oldest session and the head above which sessions are carried.
    package var carryLag = 10_000
    /// Sessions carried at a time.
    package var maxCarries = 64

    package init() {}
}
