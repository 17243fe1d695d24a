internal import Foundation

/// What every process of a run must know, in a file in the run's directory.
struct World: Codable, Sendable {
    /// The kind of the sessions.
    static let kind = "user.create"
    static let handlerPath = "/recover"
    /// Milliseconds that a sign-up holds its session without a write.
    static let lease = 2_000
    static let clients = 5
    static let partitions = 4
    static let workers = 2

    var seed: UInt64
    var signUps: Int
    var directory: String
    var brokers = ""
    var users = 0
    var profiles = 0
    var handler = 0
    var node = 0
    var transfers = 0
    /// Of the topics and the group of the transfers.
    var bankPrefix = ""
    /// Nil before the banks are there.
    var vault: Vault?
    /// The broker is the demo's own.
    var isEmbedded = true

    var plan: Plan { Plan(seed: seed, signUps: signUps) }

    static func url(_ port: Int) -> String { "http://127.0.0.1:\(port)" }

    func path(_ name: String) -> String { directory + "/" + name }

    func save() throws {
        try JSONEncoder().encode(self).write(
            to: URL(filePath: path("world.json")), options: .atomic)
    }

    static func load(_ directory: String) throws -> World {
        let data = try Data(contentsOf: URL(filePath: directory + "/world.json"))
        return try JSONDecoder().decode(World.self, from: data)
    }
}
