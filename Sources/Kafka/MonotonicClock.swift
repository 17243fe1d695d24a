internal import Glibc
internal import Model

enum MonotonicClock {
    /// Since an arbitrary moment; never goes back.
    static var milliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}

extension Duration {
    /// For librdkafka's time-outs: never negative, which would mean "for ever".
    var pollMilliseconds: Int32 {
        Int32(clamping: max(0, roundedUpMilliseconds))
    }
}
