internal import DequeModule
internal import Model

/// Claims of a worker that stand in a partition and that it has not read back yet, in the order of the log.
/// While the group takes a partition away the client does not read it any more: what is here by then is
/// given back by its place in the log.
struct UnreadClaims {
    struct Message {
        var offset: Int64
        var events: [Event]
        var writer: Writer

        /// Of each claim in it: the session, and the place in the log, which is the run's token.
        var claims: [(id: SessionID, position: Position)] {
            events.enumerated().compactMap { index, event in
                guard case .claimed = event.body else { return nil }
                return (event.session, Position(offset: offset, index: index))
            }
        }
    }

    private var messages: Deque<Message> = []

    /// Reports of one partition come in the order of the log. Messages without claims are left out.
    mutating func note(_ message: Message) {
        let hasClaims = message.events.contains {
            if case .claimed = $0.body { true } else { false }
        }
        if hasClaims { messages.append(message) }
    }

    /// Everything below `offset` was read.
    mutating func forget(before offset: Int64) {
        while let first = messages.first, first.offset < offset { messages.removeFirst() }
    }

    mutating func takeAll() -> Deque<Message> {
        defer { messages.removeAll() }
        return messages
    }
}
