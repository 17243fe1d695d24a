public import Model
public import Transactions

/// A PostgreSQL database that takes part in transactions.
///
/// Two-phase commit needs `max_prepared_transactions` above 0 in the server's configuration; without
/// it the resource can still be the only one of a transaction, or its last (see
/// `PostgresResource.Participation`). PostgreSQL 13 or newer; connections must not go through a
/// pooler that shares them between transactions.
///
/// What is prepared can be finished by the same database role, or a superuser, in the same database.
/// PostgreSQL forgets a branch's end at once, so it cannot tell that an operator has finished a
/// prepared one by hand: `ResourceError.heuristic` is never thrown.
public final class PostgresResource: TransactionResource {
    /// Which part the database can play.
    public enum Participation: Sendable, Hashable {
        /// It prepares. The server must have `max_prepared_transactions` set.
        case prepares
        /// It never prepares: alone in its transaction, or the last to commit.
        case onePhaseOnly
    }

    public let name: String
    public let abilities: ResourceAbilities
    private let limits: PostgresLimits
    private let isolation: PostgresIsolation
    private let branches: ConnectionPool
    private let finishing: ConnectionPool
    private let outcomes: OutcomeTable

    /// Connects to nothing yet.
    ///
    /// - Parameters:
    ///   - name: the resource's name in the log, 1 to 64 bytes; see `TransactionResource.name`.
    ///   - schema: where the table `reprise_outcomes` is. It is created when it is first needed; see
    ///     "Writing a resource" for the statement, where the role may not.
    /// - Throws: `configuration` where an argument is not possible.
    public init(
        name: String, connection: PostgresConnectionString,
        participation: Participation = .prepares, isolation: PostgresIsolation = .readCommitted,
        schema: String = "public", limits: PostgresLimits = PostgresLimits()
    ) throws(RepriseError) {
        guard (1...64).contains(name.utf8.count) else {
            throw RepriseError(.configuration, "A resource's name has 1 to 64 bytes.")
        }
        guard limits.connections > 0, limits.finishingConnections > 0, limits.resultBytes > 0 else {
            throw RepriseError(
                .configuration,
                "The resource \(name) needs 1 or more connections of both sorts and a positive"
                    + " limit on results.")
        }
        let settings = try ConnectionSettings(connection, resource: name, limits: limits)
        self.name = name
        self.limits = limits
        self.isolation = isolation
        abilities = ResourceAbilities(
            prepares: participation == .prepares, recordsOutcome: true)
        branches = ConnectionPool(settings, count: limits.connections)
        finishing = ConnectionPool(settings, count: limits.finishingConnections)
        outcomes = try OutcomeTable(schema: schema)
    }

    /// Ends all connections at once: branches that are not prepared are rolled back by the server.
    /// Without it, connections end when the resource and its branches are let go of.
    public func close() {
        branches.close()
        finishing.close()
    }

    // MARK: Branches

    /// Begins a transaction in the database.
    ///
    /// - Throws: `xidInvalid` where the id does not fit PostgreSQL's 199 bytes, which those of
    ///   Reprise do; `resourceFailed` where there is no connection.
    public func begin(_ xid: Xid, readOnly: Bool) async throws -> PostgresBranch {
        guard xid.description.utf8.count <= 199 else {
            throw RepriseError(
                .xidInvalid,
                "The id of a branch has \(xid.description.utf8.count) bytes as text; PostgreSQL"
                    + " allows 199.")
        }
        let connection = try await branches.take()
        let script =
            "BEGIN ISOLATION LEVEL \(isolation.rawValue) READ \(readOnly ? "ONLY" : "WRITE")"
        do throws(SQLFailure) {
            try await connection.perform { session throws(SQLFailure) in
                try session.connected { () throws(SQLFailure) in
                    _ = try session.run(script: script)
                }
            }
        } catch {
            branches.give(connection)
            throw error.error(name, "begin a branch")
        }
        return PostgresBranch(
            xid: xid, readOnly: readOnly, resource: name, prepares: abilities.prepares,
            connection: connection, pool: branches, finishing: finishing, outcomes: outcomes)
    }

    public func commitPrepared(_ xid: Xid) async throws {
        try await finish("COMMIT PREPARED '\(xid)'", "commit a prepared branch")
    }

    public func rollbackPrepared(_ xid: Xid) async throws {
        try await finish("ROLLBACK PREPARED '\(xid)'", "roll a prepared branch back")
    }

    private func finish(_ script: String, _ doing: String) async throws(RepriseError) {
        try await finishing.use(doing) { session throws(SQLFailure) in
            do throws(SQLFailure) {
                try session.run(script: script)
            } catch  where error.kind == .statement && error.state == "42704" {
                // Undefined object: it is finished already.
            }
        }
    }

    /// Of this database only; what others have prepared without an `Xid` for a name is left out.
    public func preparedBranches() async throws -> [Xid] {
        try await finishing.use("list prepared branches") { session throws(SQLFailure) in
            let rows = try session.run(
                """
                SELECT gid FROM pg_catalog.pg_prepared_xacts
                WHERE database = pg_catalog.current_database()
                """, [])
            return rows.compactMap { row in
                guard let gid = row[0], let xid = Xid(text: gid) else { return nil }
                // Another spelling of the same numbers is another name in the database.
                return xid.description == gid ? xid : nil
            }
        }
    }

    // MARK: Outcomes

    public func outcome(of xid: Xid) async throws -> BranchOutcome {
        try await outcomes.ensure(finishing)
        return try await finishing.use("tell an outcome") {
            [outcomes] session throws(SQLFailure) in
            try outcomes.outcome(xid, session)
        }
    }

    /// Deletes the record of a commit. A tombstone stays, since the commit that it fences may still
    /// be on its way: see `purgeOutcomes`.
    public func forgetOutcome(of xid: Xid) async {
        try? await finishing.use("forget an outcome") { [outcomes] session throws(SQLFailure) in
            try outcomes.forget(xid, session)
        }
    }

    public func recordedCommits(limit: Int) async throws -> [Xid] {
        try await finishing.use("list outcomes") { [outcomes] session throws(SQLFailure) in
            try outcomes.commits(limit: limit, session)
        }
    }

    /// Deletes tombstones that are older than `age` and than every transaction that is open in the
    /// database now. They are few: one for each one-phase commit whose answer was lost and that did
    /// not take place. A day is a good age; it must be more than a process can hang for and then go
    /// on committing.
    ///
    /// - Parameter includingCommitted: also records of commits, of which some stay behind when
    ///   `forgetOutcome` fails. Only with an age at which no transaction of this database can still
    ///   be in doubt.
    /// - Returns: how many were deleted.
    @discardableResult
    public func purgeOutcomes(
        olderThan age: Duration, includingCommitted: Bool = false
    ) async throws(RepriseError) -> Int {
        try await outcomes.ensure(finishing)
        return try await finishing.use("purge outcomes") {
            [outcomes] session throws(SQLFailure) in
            try outcomes.purge(
                olderThan: age.roundedUpMilliseconds, includingCommitted: includingCommitted,
                session)
        }
    }
}
