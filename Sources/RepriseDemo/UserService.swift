internal import Foundation
internal import Hummingbird
internal import Synchronization

struct User: ResponseCodable, Sendable, Hashable {
    var id: String
    var nick: String
    /// What the creator made up to recognise its user again: the session's id.
    var key: String
    var active = false
    /// Writes to this user.
    var changes = 1
}

struct NewUser: Codable, Sendable {
    var nick: String
    var key: String
}

/// What the census asks for.
struct UserBook: ResponseCodable, Sendable {
    var users: [User]
    /// Active users that were deleted: never, if everybody keeps the rules.
    var activeDeleted: Int
}

/// Service A: users with unique nicks.
final class UserService: Sendable {
    private struct State {
        var users: [String: User] = [:]
        var byNick: [String: String] = [:]
        /// Creation keys that were undone: a creation that arrives late must not succeed.
        var undone: Set<String> = []
        var next = 1
        var activeDeleted = 0

        mutating func remove(_ user: User) {
            users[user.id] = nil
            byNick[user.nick] = nil
            if user.active { activeDeleted += 1 }
        }
    }

    private let state = Mutex(State())

    static func run(_ world: World, port: Int) async throws {
        let service = UserService()
        let router = Router(context: Service.Context.self)
        router.add(middleware: FaultMiddleware())
        router.post("users") { request, context in
            try service.create(try await request.decode(as: NewUser.self, context: context))
        }
        router.get("users") { _, _ in service.book }
        router.get("users/:id") { _, context in
            try service.user(try context.parameters.require("id"))
        }
        router.post("users/:id/activate") { _, context in
            try service.activate(try context.parameters.require("id"))
        }
        router.delete("users/:id") { _, context -> HTTPResponse.Status in
            service.delete(try context.parameters.require("id"))
        }
        router.delete("creations/:key") { _, context -> HTTPResponse.Status in
            service.undo(try context.parameters.require("key"))
        }
        try await Service.run(router, name: "users", port: port, in: world)
    }

    private func create(_ new: NewUser) throws -> User {
        try state.withLock { state in
            if state.undone.contains(new.key) { throw HTTPError(.gone) }
            if let id = state.byNick[new.nick], let user = state.users[id] {
                guard user.key == new.key else { throw HTTPError(.conflict) }
                return user
            }
            let user = User(id: "\(state.next)", nick: new.nick, key: new.key)
            state.next += 1
            state.users[user.id] = user
            state.byNick[user.nick] = user.id
            return user
        }
    }

    private func user(_ id: String) throws -> User {
        try state.withLock { state in
            guard let user = state.users[id] else { throw HTTPError(.notFound) }
            return user
        }
    }

    private func activate(_ id: String) throws -> User {
        try state.withLock { state in
            guard var user = state.users[id] else { throw HTTPError(.notFound) }
            user.active = true
            user.changes += 1
            state.users[id] = user
            return user
        }
    }

    private func delete(_ id: String) -> HTTPResponse.Status {
        state.withLock { state in
            guard let user = state.users[id] else { return .notFound }
            state.remove(user)
            return .noContent
        }
    }

    /// Deletes the inactive user that was created with this key, and no other.
    private func undo(_ key: String) -> HTTPResponse.Status {
        state.withLock { state in
            state.undone.insert(key)
            let found = state.users.values.first { $0.key == key && !$0.active }
            guard let found else { return .notFound }
            state.remove(found)
            return .noContent
        }
    }

    private var book: UserBook {
        state.withLock { UserBook(users: Array($0.users.values), activeDeleted: $0.activeDeleted) }
    }
}
