import Reprise

/// A sign-up takes three steps in two services. A user with a profile is active; anything less must
/// not stay.
public struct SignUpFlow: Sendable {
    public enum Step: String, Sendable, CaseIterable {
        case createUser, createProfile, activateUser
    }

    /// The step took effect, but its answer was lost.
    public struct AnswerLost: Error {
        public var step: Step
    }

    public static let kind = Kind(unchecked: "user.create")

    public var users: Users
    public var profiles: Profiles

    public init(users: Users, profiles: Profiles) {
        self.users = users
        self.profiles = profiles
    }

    /// - Parameter lost: the step that fails after it took effect, to see what happens then.
    public func signUp(
        _ nick: String, failingAfter lost: Step? = nil, with reprise: Reprise
    ) async throws {
        try await reprise.withSession(Self.kind, record: Array(nick.utf8)) { session in
            try await work(nick, in: session, failingAfter: lost)
        }
    }

    /// The steps, in a session that somebody else opens and completes.
    public func work(
        _ nick: String, in session: OpenSession, failingAfter lost: Step? = nil
    ) async throws {
        let id = try await users.create(nick: nick, creationKey: session.id.description)
        if lost == .createUser { throw AnswerLost(step: .createUser) }

        // From here on the handler knows which user to look at.
        try await session.append(Array(id.utf8))

        await profiles.create(user: id)
        if lost == .createProfile { throw AnswerLost(step: .createProfile) }

        await users.activate(id)
        if lost == .activateUser { throw AnswerLost(step: .activateUser) }
    }
}
