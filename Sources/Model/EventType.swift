/// The number of an event's type on the wire: `EventType` in the protobuf schema.
public enum EventType: UInt32, Sendable, Hashable, CaseIterable {
    case opened = 1
    case appended = 2
    case replaced = 3
    case extended = 4
    case completed = 5
    case closed = 6
    case claimed = 7
    case retried = 8
    case parked = 9
    case carried = 10
    case requeued = 11
    case cancelled = 12
    case deadLettered = 13
    case handedOver = 14
    case owner = 15
    case mark = 16

    /// As it stands in the `reprise-kind` header of a Kafka message.
    public var wireName: String {
        switch self {
        case .opened: "opened"
        case .appended: "appended"
        case .replaced: "replaced"
        case .extended: "extended"
        case .completed: "completed"
        case .closed: "closed"
        case .claimed: "claimed"
        case .retried: "retried"
        case .parked: "parked"
        case .carried: "carried"
        case .requeued: "requeued"
        case .cancelled: "cancelled"
        case .deadLettered: "deadLettered"
        case .handedOver: "handedOver"
        case .owner: "owner"
        case .mark: "mark"
        }
    }
}

extension Event.Body {
    /// Nil for an event of a later version.
    public var type: EventType? {
        switch self {
        case .opened: .opened
        case .appended: .appended
        case .replaced: .replaced
        case .extended: .extended
        case .completed: .completed
        case .closed: .closed
        case .claimed: .claimed
        case .retried: .retried
        case .parked: .parked
        case .carried: .carried
        case .requeued: .requeued
        case .cancelled: .cancelled
        case .deadLettered: .deadLettered
        case .handedOver: .handedOver
        case .owner: .owner
        case .mark: .mark
        case .unknown: nil
        }
    }
}
