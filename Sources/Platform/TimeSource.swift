internal import Glibc
package import Model

/// Where time comes from: the machine's clocks, or a test's hand.
package protocol TimeSource: Sendable {
    /// The wall clock. It may step in either direction.
    func now() -> Timestamp
    /// Nanoseconds since some fixed moment; never goes back.
    func monotonicNanoseconds() -> UInt64
}

/// The machine's clocks.
package struct SystemTime: TimeSource {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
