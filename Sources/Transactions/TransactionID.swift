public import Model

/// The identity of a transaction: a UUIDv7 (RFC 9562), made by its coordinator.
public struct TransactionID: Sendable, Hashable, Comparable {
    /// The same 16 bytes as an id of a session, and the same text.
    public var uuid: SessionID

    public init(uuid: SessionID) {
        self.uuid = uuid
    }

    /// 48 bits of `time`, then 74 bits of `random`.
    public init(time: Timestamp, random: (UInt64, UInt64)) {
        uuid = SessionID(time: time, random: random)
    }

    /// Reads the 36-character text of a UUID, in either case; nil where it is none.
    public init?(text: some StringProtocol) {
        guard let uuid = SessionID(text: text) else { return nil }
        self.init(uuid: uuid)
    }

    public static func < (left: TransactionID, right: TransactionID) -> Bool {
        left.uuid < right.uuid
    }

    /// The id of the session through which others can finish the transaction.
    public var finishSession: SessionID { session(ofAction: -1) }

    /// The id of the session that the durable action at `index` becomes. The same place gives the
    /// same id (a UUIDv8), so that an action which is read twice is opened once.
    public func session(ofAction index: Int) -> SessionID {
        // The low half is random already; the index is spread over it, so that partitions differ.
        let mixed = (uuid.low ^ UInt64(truncatingIfNeeded: index + 1) &* 0x9E37_79B9_7F4A_7C15)
        return SessionID(
            high: uuid.high & 0xFFFF_FFFF_FFFF_0FFF | 0x8000,
            low: 0x8000_0000_0000_0000 | mixed & 0x3FFF_FFFF_FFFF_FFFF)
    }
}

extension TransactionID: CustomStringConvertible {
    /// Lower-case UUID text.
    public var description: String { uuid.description }
}
