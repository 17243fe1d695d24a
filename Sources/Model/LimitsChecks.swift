// The promise that a session always fits one Kafka message, as arithmetic.

extension Limits {
    /// Bytes that the largest session allowed here can take in a message, its Kafka headers counted:
    /// every record and header, the whole history, the reason it was parked for, events that could
    /// not be read; and, as in a dead letter, the session's headers once more as Kafka headers.
    public var largestMessageBytes: Int {
        let nested = 8  // A tag and a length, twice where a message stands in a message.
        let headers = min(maxSessionBytes, maxHeaders * maxHeaderBytes)
        let content = maxSessionBytes + Limits.maxUnreadBytes + headers
        let frames = (maxRecords + maxHistory) * nested + maxHeaders * 4 * nested
        let history = maxHistory * (maxReasonBytes + 48)
        let parking = maxReasonBytes + 64
        let fixed = 256 + Limits.maxKindBytes
        return content + frames + history + parking + fixed + Limits.ownHeaderBytes
    }

    /// Throws `configuration` when a value makes no sense, or when a session at its limits would not
    /// fit a message of `maxMessageBytes`.
    public func validate() throws(RepriseError) {
        let counts = [
            maxRecordBytes, maxSessionBytes, maxRecords, maxHeaders, maxHeaderBytes, maxSessions,
            maxHistory,
        ]
        guard counts.allSatisfy({ $0 >= 1 && $0 <= 1 << 30 }), maxLease > 0, maxReasonBytes >= 16,
            maxReasonBytes <= 1 << 20
        else {
            throw RepriseError(
                .configuration, "A limit is below 1 or too large; see the configuration's page.")
        }
        guard largestMessageBytes <= Limits.maxMessageBytes else {
            throw RepriseError(
                .configuration,
                "A session at these limits takes up to \(largestMessageBytes) bytes in a message; "
                    + "Kafka takes \(Limits.maxMessageBytes). Lower the session, record or header "
                    + "limits.")
        }
    }
}
