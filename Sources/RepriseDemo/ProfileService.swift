internal import Hummingbird
internal import Synchronization

/// The ids of the users that have a profile.
struct ProfileBook: ResponseCodable, Sendable {
    var users: [String]
}

/// Service B: a profile for each user's id.
final class ProfileService: Sendable {
    private struct State {
        var profiles: Set<String> = []
        /// Users whose profile was deleted: a creation that arrives late must not succeed.
        var deleted: Set<String> = []
    }

    private let state = Mutex(State())

    static func run(_ world: World, port: Int) async throws {
        let service = ProfileService()
        let router = Router(context: Service.Context.self)
        router.add(middleware: FaultMiddleware())
        router.put("profiles/:user") { _, context -> HTTPResponse.Status in
            service.create(try context.parameters.require("user"))
        }
        router.delete("profiles/:user") { _, context -> HTTPResponse.Status in
            service.delete(try context.parameters.require("user"))
        }
        router.get("profiles") { _, _ in service.book }
        try await Service.run(router, name: "profiles", port: port, in: world)
    }

    private func create(_ user: String) -> HTTPResponse.Status {
        state.withLock { state in
            guard !state.deleted.contains(user) else { return .gone }
            return state.profiles.insert(user).inserted ? .created : .ok
        }
    }

    private func delete(_ user: String) -> HTTPResponse.Status {
        state.withLock { state in
            state.deleted.insert(user)
            return state.profiles.remove(user) == nil ? .notFound : .noContent
        }
    }

    private var book: ProfileBook {
        state.withLock { ProfileBook(users: Array($0.profiles)) }
    }
}
