internal import Model

/// One thing that a caller asks for, read and checked.
enum Operation: Sendable, Hashable {
    case open(OpenRequest)
    case append(SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?)
    case replace(SessionID, record: [UInt8], token: Position, acknowledgement: Acknowledgement?)
    case extend(SessionID, by: Milliseconds?, token: Position)
    case complete(SessionID, token: Position, relaxed: Bool)
    case close(SessionID, after: Milliseconds?)
    case get(SessionID)
    case requeue(SessionID, after: Milliseconds)
    case cancel(SessionID)
    case park(SessionID, reason: String)

    /// Nil for an `open` that leaves the choice to the node.
    var id: SessionID? {
        switch self {
        case .open(let request): request.id
        case .append(let id, _, _, _), .replace(let id, _, _, _), .extend(let id, _, _),
            .complete(let id, _, _), .close(let id, _), .get(let id), .requeue(let id, _),
            .cancel(let id), .park(let id, _):
            id
        }
    }
}
