internal import Glibc

/// The processes of the demo that are not commands of their own.
public enum DemoPart: String, CaseIterable, Sendable {
    case guardian, broker, users, profiles, handler, client, teller, clerk

    public func run(directory: String, port: Int, number: Int) async throws {
        if self == .guardian { return DemoPart.watch() }
        let world = try World.load(directory)
        switch self {
        case .guardian: break
        case .broker: try await Broker.run(world)
        case .users: try await UserService.run(world, port: port)
        case .profiles: try await ProfileService.run(world, port: port)
        case .handler: try await SignUpHandler.run(world, port: port)
        case .client: try await SignUpClient.run(world, number: number)
        case .teller: try await Teller.run(world, number: number)
        case .clerk: try await Clerk.run(world, number: number)
        }
    }

    /// Reads what nobody writes until the demo's process ends, however it ends; then ends all that
    /// it started: they are this process's group.
    private static func watch() {
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count == 0 || count < 0 && errno != EINTR { break }
        }
        kill(0, SIGKILL)
    }
}
