import Foundation
import Kafka
import Logging
import Model
import PostgresSupport
import Reprise
import ReprisePostgres
import TestSupport
import Testing

/// A node that decides and does not come to commit: a worker of the group does, once its claim counts.
@Suite(.timeLimit(.minutes(5)), .serialized) struct TakenOverTests {
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func configuration(
        _ name: String, _ brokers: [String], _ directory: String, takeoverAfter: Milliseconds
    ) -> RepriseConfiguration {
        var journal = JournalConfiguration(directory: "\(directory)/\(name)")
        journal.segmentBytes = 4 << 20
        var configuration = RepriseConfiguration(
            node: name, journal: journal, kinds: [:], kafka: KafkaConfiguration(brokers: brokers))
        configuration.topics.partitions = 1
        configuration.topics.checksPolicies = false
        configuration.recovery.trims = false
        configuration.recovery.clockAllowance = 50
        configuration.recovery.markInterval = 200
        configuration.recovery.drainTimeout = 2_000
        configuration.transactions.acknowledgement = .mirrored
        configuration.transactions.takeoverAfter = takeoverAfter
        configuration.transactions.timeout = 600_000
        return configuration
    }

    private static func cluster() throws -> MockCluster {
        let cluster = try MockCluster()
        for topic in ["sessions", "dead-letters", "transactions"] {
            try cluster.createTopic("reprise.\(topic)", partitions: 1)
        }
        return cluster
    }

    private static func resource(_ name: String, _ connection: String) throws -> PostgresResource {
        var limits = PostgresLimits()
        limits.connections = 4
        limits.connect = .seconds(60)
        limits.connectionWait = .seconds(120)
        return try PostgresResource(
            name: name, connection: PostgresConnectionString(connection), limits: limits)
    }

    private static func resources(_ connections: [String]) throws -> [PostgresResource] {
        try zip(["shop", "bank"], connections).map { try resource($0, $1) }
    }

    private static let statement = "INSERT INTO entries (key, value) VALUES ($1, 'new')"

    /// A process that decides, and dies before it tells anybody.
    private static func live(
        _ brokers: [String], _ connections: [String], _ directory: String, _ key: String
    ) async throws {
        let doomed = try resources(connections).map { Doomed(database: $0) }
        let node = try await Reprise.open(
            configuration("owner", brokers, directory, takeoverAfter: 1_000), resources: doomed,
            logger: logger)
        try await node.transactions.run { transaction in
            for resource in doomed {
                try await transaction.enlist(resource).query(statement, [key])
            }
        }
        await node.close()
    }

    /// What both databases have committed.
    private static func values(_ server: PostgresServer) async throws -> [String?] {
        var values: [String?] = []
        for database in PostgresServer.Database.allCases {
            values += try await server.run("SELECT value FROM entries", in: database)
        }
        return values
    }

    private static func prepared(_ server: PostgresServer) async throws -> Int {
        try await server.run("SELECT gid FROM pg_prepared_xacts").count
    }

    /// The whole log of the group: what was opened, and whether anything is left.
    private func settled(_ configuration: RepriseConfiguration) async throws {
        let inspection = try GroupInspection(configuration, logger: Self.logger)
        try await eventually("the group has nothing left", seconds: 120) {
            try await inspection.sessions().isEmpty
        }
    }

    @Test func `a worker commits what a node has decided that was killed before it could`()
        async throws
    {
        let server = try await PostgresServer.launch()
        let connections = PostgresServer.Database.allCases.map { server.connection($0) }
        let cluster = try Self.cluster()
        defer { cluster.close() }
        let directory = try TestDirectory("taken-over")
        let (brokers, path) = (cluster.configuration.brokers, directory.path)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [
                brokers = brokers as [String], connections = connections as [String],
                path = path as String
            ] in
            try await TakenOverTests.live(brokers, connections, path, "key")
        }
        #expect(try await Self.values(server) == [])
        #expect(try await Self.prepared(server) == 2)

        let configuration = Self.configuration("heir", brokers, path, takeoverAfter: 1_000)
        let known = try Self.resources(connections)
        let worker = try await RecoveryWorker.start(
            configuration, handlers: [:], resources: known, logger: Self.logger)
        try await eventually("both databases are told", seconds: 120) {
            try await Self.prepared(server) == 0
        }
        #expect(try await Self.values(server) == ["new", "new"])

        // The node comes back, to a decision that others have carried out.
        let own = try Self.resources(connections)
        let node = try await Reprise.open(
            Self.configuration("owner", brokers, path, takeoverAfter: 1_000), resources: own,
            logger: Self.logger)
        try await eventually("nothing is left to the node", seconds: 120) {
            node.transactions.list().isEmpty
        }
        let durable = node.sessions.status().durable
        try await eventually("Kafka has all", seconds: 120) {
            node.sessions.status().mirrored >= durable
        }
        try await settled(configuration)
        #expect(node.sessions.status().conservationDifference == 0)
        #expect(try await Self.values(server) == ["new", "new"])
        await node.close()
        await worker.close()
    }

    @Test func `a node that is shut down leaves what it cannot reach to the workers`()
        async throws
    {
        let server = try await PostgresServer.launch()
        let connections = PostgresServer.Database.allCases.map { server.connection($0) }
        let cluster = try Self.cluster()
        defer { cluster.close() }
        let directory = try TestDirectory("taken-over")
        let (brokers, path) = (cluster.configuration.brokers, directory.path)
        let own = try Self.resources(connections)
        let cut = Unreachable(database: own[1])
        // The node gives the lease up; Kafka may not hear of that on a machine that is too busy.
        let node = try await Reprise.open(
            Self.configuration("owner", brokers, path, takeoverAfter: 20_000),
            resources: [own[0], cut], logger: Self.logger)
        let transaction = try await node.transactions.run { transaction in
            try await transaction.enlist(own[0]).query(Self.statement, ["key"])
            try await transaction.enlist(cut).query(Self.statement, ["key"])
            return transaction
        }
        #expect(transaction.report == .committed(pending: ["bank"]))
        await node.close()
        #expect(try await Self.prepared(server) == 1)

        // One that does not know the bank keeps it for those who do.
        let configuration = Self.configuration("heir", brokers, path, takeoverAfter: 1_000)
        let poor = try await RecoveryWorker.start(
            configuration, handlers: [:], resources: [try Self.resource("shop", connections[0])],
            logger: Self.logger)
        let inspection = try GroupInspection(configuration, logger: Self.logger)
        try await eventually("it was tried, and is tried again", seconds: 120) {
            let session = try await inspection.sessions().first
            return (session?.attempts ?? 0) > 0 && session?.history.isEmpty == false
        }
        let kept = try #require(try await inspection.sessions().first)
        #expect(kept.kind == .transactionFinish)
        #expect(kept.history.first?.reason.contains("bank is not registered") == true)
        await poor.close()
        #expect(try await Self.prepared(server) == 1)

        let worker = try await RecoveryWorker.start(
            configuration, handlers: [:], resources: try Self.resources(connections),
            logger: Self.logger)
        try await eventually("the bank is told", seconds: 120) {
            try await Self.prepared(server) == 0
        }
        #expect(try await server.run("SELECT value FROM entries", in: .second) == ["new"])
        try await settled(configuration)
        await worker.close()
    }
}

/// A database whose process dies when it is to commit what is prepared.
private struct Doomed: TransactionResource {
    let database: PostgresResource

    var name: String { database.name }
    var abilities: ResourceAbilities { database.abilities }

    func begin(_ xid: Xid, readOnly: Bool) async throws -> PostgresBranch {
        try await database.begin(xid, readOnly: readOnly)
    }

    func commitPrepared(_ xid: Xid) async throws { kill(getpid(), SIGKILL) }
    func rollbackPrepared(_ xid: Xid) async throws { kill(getpid(), SIGKILL) }
    func preparedBranches() async throws -> [Xid] { try await database.preparedBranches() }
    func outcome(of xid: Xid) async throws -> BranchOutcome { try await database.outcome(of: xid) }
}
