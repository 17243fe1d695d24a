/// Why and when a session was parked.
public struct Parking: Sendable, Hashable {
    /// The error code that put it there, such as `attemptsExhausted`.
    public var reason: ErrorCode
    /// One line for people; never a payload.
    public var detail: String
    /// When it was parked.
    public var time: Timestamp

    public init(reason: ErrorCode, detail: String, time: Timestamp) {
        self.reason = reason
        self.detail = detail
        self.time = time
    }
}
