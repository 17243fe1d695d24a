import Foundation
import Model
import Synchronization

/// Services A (users) and B (profiles) of the example, in this process, failing as they are told:
/// what the failure table of SESSIONS.md is about.
final class World: Sendable {
    struct User: Sendable, Hashable {
        var nick: String
        var isActive: Bool
        var creationKey: String
    }

    private struct State {
        var users: [String: User] = [:]
        var profiles: Set<String> = []
        var lastID = 0
    }

    struct Refused: Error { var why: String }

    private let state = Mutex(State())

    var users: [String: User] { state.withLock { $0.users } }
    var profiles: Set<String> { state.withLock { $0.profiles } }

    /// What the table calls the end.
    enum End: String, Sendable { case keep, clean, mixed }

    /// The end as to the users that this test's session may have made.
    func end(nick: String, key: String) -> End {
        state.withLock { state in
            let mine = state.users.filter { $0.value.creationKey == key }
            if mine.isEmpty, state.profiles.isEmpty { return .clean }
            guard mine.count == 1, let user = mine.first, user.value.isActive,
                user.value.nick == nick, state.profiles == [user.key]
            else { return .mixed }
            return .keep
        }
    }

    // MARK: Service A

    func createUser(nick: String, key: String, isActive: Bool = false) throws -> String {
        try state.withLock { state in
            guard !state.users.values.contains(where: { $0.nick == nick }) else {
                throw Refused(why: "the nick is taken")
            }
            state.lastID += 1
            let id = "user-\(state.lastID)"
            state.users[id] = User(nick: nick, isActive: isActive, creationKey: key)
            return id
        }
    }

    func activate(_ id: String) throws {
        try state.withLock { state in
            guard state.users[id] != nil else { throw Refused(why: "no such user") }
            state.users[id]?.isActive = true
        }
    }

    func user(_ id: String) -> User? { state.withLock { $0.users[id] } }

    func deleteUser(_ id: String) { state.withLock { $0.users[id] = nil } }

    /// Deletes the inactive user that was created with this key; not found counts as deleted.
    func deleteInactiveUser(createdWith key: String) {
        state.withLock { state in
            state.users = state.users.filter { $0.value.creationKey != key || $0.value.isActive }
        }
    }

    // MARK: Service B

    func createProfile(_ id: String) { state.withLock { _ = $0.profiles.insert(id) } }

    func deleteProfile(_ id: String) { state.withLock { _ = $0.profiles.remove(id) } }
}
