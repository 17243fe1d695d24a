public import Model
public import ReprisePostgres

/// A database that takes part in a node's transactions: whoever reaches it can recover them.
public struct ResourceSettings: Sendable, Hashable {
    /// Names it in the log.
    public var name: String
    public var connection: PostgresConnectionString
    public var participation = Participation.prepare
    /// Where its table of outcomes is.
    public var schema = "public"
    /// For branches, at a time.
    public var connections = standardConnections

    public static let standardConnections = PostgresLimits().connections

    public enum Participation: String, Sendable, Hashable, CaseIterable {
        case prepare, onePhase
    }

    public init(name: String, connection: PostgresConnectionString) {
        self.name = name
        self.connection = connection
    }

    /// Connects to nothing yet.
    ///
    /// - Throws: `configuration` where the connection string cannot be read.
    public func resource() throws(RepriseError) -> PostgresResource {
        var limits = PostgresLimits()
        limits.connections = connections
        return try PostgresResource(
            name: name, connection: connection,
            participation: participation == .prepare ? .prepares : .onePhaseOnly, schema: schema,
            limits: limits)
    }
}
