internal import Kafka
internal import Model
internal import Reprise
internal import ReprisePostgres

/// Where the banks of a run are.
enum Vault: Codable, Sendable, Equatable {
    /// A server of PostgreSQL's that listens in this folder.
    case postgres(folder: String)
    /// Two files in the run's directory.
    case sqlite

    /// As a report names it, before the version is known.
    var name: String {
        switch self {
        case .postgres: "two PostgreSQL databases"
        case .sqlite: "two SQLite files (PostgreSQL is not here)"
        }
    }

    func postgres(_ side: Side) throws -> PostgresResource? {
        guard case .postgres(let folder) = self else { return nil }
        var limits = PostgresLimits()
        limits.connections = Teller.concurrency
        limits.finishingConnections = 4
        // A killed teller's branches hold their locks until it is back.
        limits.statement = .seconds(20)
        return try PostgresResource(
            name: side.rawValue,
            connection: PostgresConnectionString(
                "host=\(folder) user=\(PostgresServer.role) dbname=\(side.rawValue)"),
            limits: limits)
    }

    func bank(_ side: Side, in world: World) throws -> any Bank {
        if let bank = try postgres(side) { return bank }
        return try sqlite(side, in: world)
    }

    func sqlite(_ side: Side, in world: World) throws -> SQLiteBank {
        try SQLiteBank(side.rawValue, path: world.path("\(side.rawValue).sqlite"))
    }
}

extension World {
    /// The kind of the sessions that write receipts.
    static let receiptKind = "transfer.receipt"
    static let tellers = 2
    static let clerks = 2

    var transferPlan: TransferPlan { TransferPlan(seed: seed, transfers: transfers) }

    /// Tellers and clerks have topics of their own, so that their sessions and those of the sign-ups
    /// can be counted apart.
    func bankConfiguration(_ name: String) throws -> RepriseConfiguration {
        var policy = KindPolicy()
        policy.retry.firstDelay = 100
        policy.retry.maxDelay = 1_000
        policy.retry.maxAttempts = 100
        policy.breaker.openFor = 500
        policy.breaker.maxOpenFor = 1_000
        // A claim counts once it was read back, which can take a broker half a second.
        policy.concurrency = 128
        var journal = JournalConfiguration(directory: path("\(name).journal"))
        journal.segmentBytes = 8 << 20
        var configuration = RepriseConfiguration(
            node: name, journal: journal, kinds: [try Kind(World.receiptKind): policy],
            kafka: KafkaConfiguration(brokers: brokers.split(separator: ",").map(String.init)))
        configuration.topics.prefix = bankPrefix
        configuration.topics.partitions = Int32(World.partitions)
        configuration.topics.checksPolicies = !isEmbedded
        configuration.recovery.group = "\(bankPrefix).recovery"
        configuration.recovery.clockAllowance = 100
        configuration.recovery.markInterval = 1_000
        configuration.recovery.trims = !isEmbedded
        configuration.recovery.sessionTimeout = isEmbedded ? 4_000 : 6_000
        configuration.recovery.drainTimeout = 2_000
        // Not every broker notices a dead member while others join.
        if !isEmbedded { configuration.recovery.instanceID = name }
        configuration.transactions.recoveryInterval = 1_000
        configuration.transactions.retry.maxDelay = 500
        return configuration
    }
}
