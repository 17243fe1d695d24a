/// A place in a partition log: unique there and growing. In the journal it is the log sequence
/// number; in a Kafka partition it is the message's offset and the event's index in that message.
///
/// The position of a `claimed` event is the fencing token of the run that it starts.
public struct Position: Sendable, Hashable, Comparable {
    /// The frame's number, or the offset and 1, above 12 bits for the event's index.
    public var rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Before every event; as a token it means "not a run's: the session's owner".
    public static let none = Position(rawValue: 0)

    /// Events that one Kafka message can carry at most; the low bits of a position there.
    public static let maxBatch = 1 << indexBits
    static let indexBits = 12

    /// The position of the event at `index` of the frame with log sequence number `sequence`, which
    /// is 1 or more. `index` is below `maxBatch`.
    public init(sequence: UInt64, index: Int = 0) {
        rawValue = sequence << UInt64(Position.indexBits) | UInt64(truncatingIfNeeded: index)
    }

    /// The position of the event at `index` of the Kafka message at `offset`. Offsets begin at 0
    /// and `none` is 0, hence the 1.
    public init(offset: Int64, index: Int = 0) {
        // Wraps, because an offset can come from the wire.
        self.init(sequence: UInt64(bitPattern: offset &+ 1), index: index)
    }

    /// The log sequence number of the frame that carried the event.
    public var sequence: UInt64 { rawValue >> UInt64(Position.indexBits) }

    /// The Kafka offset of the message that carried the event.
    public var offset: Int64 { Int64(sequence) - 1 }

    public static func < (left: Position, right: Position) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension Position: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
