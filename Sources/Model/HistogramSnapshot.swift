/// How often values of a measure fell below each of its bounds, since the process began.
public struct HistogramSnapshot: Sendable, Hashable {
    /// Upper bounds, ascending.
    public var bounds: [Double]
    /// Values in each bucket, not summed up; one bucket more than bounds takes the rest.
    public var counts: [UInt64]
    /// Of all values.
    public var sum: Double

    /// Without values.
    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
        sum = 0
    }

    /// How many values there were.
    public var count: UInt64 { counts.reduce(0, +) }

    /// Puts a value into its bucket; what is not a number is passed over.
    public mutating func record(_ value: Double) {
        guard value.isFinite else { return }
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        counts[bucket] += 1
        sum += value
    }

    /// From 100 µs to a minute: what a request, a forced write or a handler takes, in seconds.
    public static let seconds: [Double] = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 5, 10, 30, 60,
    ]

    /// From 1 ms to a day: how late something was, in seconds.
    public static let lateness: [Double] = [
        0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400,
    ]

    /// Powers of two from 1 to 1,024: how many go together.
    public static let counts: [Double] = (0...10).map { Double(1 << $0) }
}
