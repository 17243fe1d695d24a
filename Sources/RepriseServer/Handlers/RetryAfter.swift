package import Model

/// The value of a `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date.
package enum RetryAfter {
    /// Nil when it is neither; never negative.
    package static func delay(_ text: String, now: () -> Timestamp) -> Milliseconds? {
        if let seconds = Int64(text), seconds >= 0 {
            let (delay, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
            return overflow ? .max : delay
        }
        return date(text).map { max(0, $0 - now()) }
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still to be sent.
    static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int64(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int64(parts[3])
        else { return nil }
        let clock = parts[4].split(separator: ":").map { Int64($0) ?? -1 }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
            (0...60).contains(clock[2]), (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        let days = daysSince1970(year: year, month: Int64(month) + 1, day: day)
        let seconds = days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
        return Timestamp(milliseconds: seconds * 1_000)
    }

    /// In the Gregorian calendar; the year is counted from March, so that leap days come last.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let fromMarch = month > 2 ? month - 3 : month + 9
        let counted = month > 2 ? year : year - 1
        let era = counted / 400
        let yearOfEra = counted - era * 400
        let dayOfYear = (153 * fromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
