import Reprise

/// Finishes a sign-up that was interrupted, or undoes it. It may run more than once for the same
/// session, so it looks at the state of the world first, and "not there" counts as "deleted".
public struct SignUpRecovery: RecoveryHandler {
    private let users: Users
    private let profiles: Profiles
    private let done: @Sendable (String) -> Void

    /// - Parameter done: told what was decided, in words.
    public init(
        users: Users, profiles: Profiles, done: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.users = users
        self.profiles = profiles
        self.done = done
    }

    public func recover(_ session: RecoverySession) async throws -> HandlerOutcome {
        guard let first = session.records.first else {
            return .park(reason: "The session has no record: nobody knows what was begun.")
        }
        let nick = String(decoding: first, as: UTF8.self)
        guard session.records.count > 1 else {
            // The user's id was never written down. Delete only what this very session made.
            await users.deleteInactive(creationKey: session.id.description)
            done("\(nick): no user id in the session; what it made is gone")
            return .complete
        }
        let id = String(decoding: session.records[1], as: UTF8.self)
        if await users.user(id)?.isActive == true {
            done("\(nick): the user is active; kept")
            return .complete
        }
        await profiles.delete(user: id)
        await users.delete(id)
        done("\(nick): profile and user deleted")
        return .complete
    }
}
