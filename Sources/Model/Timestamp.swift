/// A length of time in whole milliseconds; the machines' unit. The public face takes `Duration`.
public typealias Milliseconds = Int64

/// A moment on the wall clock: milliseconds since 1970-01-01T00:00:00Z. Arithmetic saturates.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Since 1970-01-01T00:00:00Z; negative before.
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Later than any due time that anybody will wait for; used as "never".
    public static let distantFuture = Timestamp(milliseconds: .max)
    public static let zero = Timestamp(milliseconds: 0)

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public static func + (left: Timestamp, right: Milliseconds) -> Timestamp {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(right)
        if overflow { return Timestamp(milliseconds: right > 0 ? .max : .min) }
        return Timestamp(milliseconds: sum)
    }

    /// How long after `right` this moment is; negative when it is before.
    public static func - (left: Timestamp, right: Timestamp) -> Milliseconds {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(
            right.milliseconds)
        if overflow { return left.milliseconds > right.milliseconds ? .max : .min }
        return difference
    }
}

extension Timestamp: CustomStringConvertible {
    public var description: String { "\(milliseconds)ms" }
}

extension Duration {
    /// Whole milliseconds, rounded up so that a wait is never shorter than was asked for. Saturates.
    public var roundedUpMilliseconds: Milliseconds {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return seconds > 0 ? .max : .min }
        let perMillisecond: Int64 = 1_000_000_000_000_000
        var rest = attoseconds / perMillisecond
        if attoseconds % perMillisecond > 0 { rest += 1 }
        let (sum, carried) = whole.addingReportingOverflow(rest)
        return carried ? (whole > 0 ? .max : .min) : sum
    }
}
