/// How much a `PostgresResource` uses, and how long it waits.
public struct PostgresLimits: Sendable, Hashable {
    /// Connections for branches: a branch holds one until it is prepared or has ended. 1 or more.
    public var connections = 8
    /// Connections that only commit and roll back what is prepared, list it and tell outcomes. They
    /// are apart, because a branch can wait for a lock that a prepared one holds: if branches could
    /// use up all connections, nobody could finish that one. 1 or more.
    public var finishingConnections = 2
    /// How long `begin` waits for a connection when all are in use.
    public var connectionWait: Duration = .seconds(30)
    /// For establishing a connection, all hosts of the connection string together.
    public var connect: Duration = .seconds(10)
    /// For one statement, waiting for locks included; the server cancels it then
    /// (`statement_timeout`). Where the server does not, the connection is given up 5 seconds later.
    public var statement: Duration = .seconds(30)
    /// How long the server lets an open branch idle before it rolls it back
    /// (`idle_in_transaction_session_timeout`): the locks of a process that hangs end then.
    public var idleInTransaction: Duration = .seconds(600)
    /// What one statement may return, in bytes.
    public var resultBytes = 64 << 20

    public init() {}
}

/// What concurrent transactions may see of each other; as in PostgreSQL's manual.
public enum PostgresIsolation: String, Sendable, Hashable, CaseIterable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}
