/// Service A: keeps users. They are made inactive, and have to be activated.
public actor Users {
    public struct User: Sendable {
        public var nick: String
        public var isActive = false
        /// The session that made the user: how a handler knows that it may undo it.
        public var creationKey: String
    }

    public struct NickIsTaken: Error {}

    public private(set) var users: [String: User] = [:]

    public init() {}

    /// Gives the user's id.
    public func create(nick: String, creationKey: String) throws -> String {
        guard !users.values.contains(where: { $0.nick == nick }) else { throw NickIsTaken() }
        let id = "user-\(users.count + 1)-\(nick)"
        users[id] = User(nick: nick, creationKey: creationKey)
        return id
    }

    public func activate(_ id: String) {
        users[id]?.isActive = true
    }

    public func user(_ id: String) -> User? { users[id] }

    /// A user that is not there counts as deleted.
    public func delete(_ id: String) {
        users[id] = nil
    }

    public func deleteInactive(creationKey: String) {
        users = users.filter { $0.value.isActive || $0.value.creationKey != creationKey }
    }
}
