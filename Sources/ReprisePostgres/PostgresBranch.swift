public import Model
internal import Synchronization
public import Transactions

/// A transaction in a PostgreSQL database that has neither been prepared nor ended.
public final class PostgresBranch: TransactionBranch {
    /// The id with which the branch was begun.
    public let xid: Xid
    private let readOnly: Bool
    private let resource: String
    private let prepares: Bool
    private let pool: ConnectionPool
    private let finishing: ConnectionPool
    private let outcomes: OutcomeTable
    /// Nil from the moment on that somebody ends the branch.
    private let connection: Mutex<PostgresConnection?>

    init(
        xid: Xid, readOnly: Bool, resource: String, prepares: Bool, connection: PostgresConnection,
        pool: ConnectionPool, finishing: ConnectionPool, outcomes: OutcomeTable
    ) {
        self.xid = xid
        self.readOnly = readOnly
        self.resource = resource
        self.prepares = prepares
        self.connection = Mutex(connection)
        self.pool = pool
        self.finishing = finishing
        self.outcomes = outcomes
    }

    deinit {
        // The pool rolls back what is still open.
        if let connection = end() { pool.give(connection) }
    }

    // MARK: Work

    /// Runs one statement. Values belong into `parameters`, and `$1`, `$2`... into the statement:
    /// they reach the server apart from it, as text, with nil as NULL. Where a type cannot be told
    /// from the statement, write `$1::integer`.
    ///
    /// Do not begin, end or prepare the transaction by a statement, and use no `COPY`. `NOTIFY` works
    /// in a branch that is committed in one phase only. When the task is cancelled, so is the
    /// statement. After an error PostgreSQL refuses all further statements, unless a `SAVEPOINT` was
    /// set before and the branch is rolled back to it.
    ///
    /// - Throws: `resourceFailed` with the SQLSTATE in `RepriseError.sqlState`; `invalidRequest` where
    ///   a text holds a zero byte, or there are more than 65,535 parameters.
    @discardableResult
    public func query(
        _ sql: String, _ parameters: [String?] = []
    ) async throws(RepriseError) -> PostgresRows {
        let hasZero = sql.utf8.contains(0) || parameters.contains { $0?.utf8.contains(0) ?? false }
        guard !hasZero, parameters.count <= 65_535 else {
            throw RepriseError(
                .invalidRequest,
                "A statement for the resource \(resource) holds a zero byte, or has more than"
                    + " 65,535 parameters.")
        }
        guard let connection = connection.withLock({ $0 }) else { throw ended }
        let answer: (rows: PostgresRows, isOpen: Bool)?
        do throws(SQLFailure) {
            answer = try await connection.perform(cancellable: true) {
                [self] session throws(SQLFailure) in
                // Whoever ends the branch asks the same thread after that: not in between.
                guard self.connection.withLock({ $0 != nil }) else { return nil }
                let rows = try session.run(sql, parameters)
                return (rows, session.isInTransaction)
            }
        } catch {
            throw error.error(resource, "run a statement")
        }
        guard let answer else { throw ended }
        guard answer.isOpen else {
            if let connection = end() { pool.give(connection) }
            throw RepriseError(
                .resourceFailed,
                "A statement ended the branch of the resource \(resource): only its transaction may."
            )
        }
        return answer.rows
    }

    // MARK: Ends

    public func prepare() async throws -> Vote {
        guard prepares else {
            throw RepriseError(
                .resourceUnsuitable, "The resource \(resource) is configured not to prepare.")
        }
        let xid = xid
        return try await finish("prepare a branch") { session throws(SQLFailure) in
            let rows = try session.run("SELECT pg_catalog.pg_current_xact_id_if_assigned()", [])
            if rows.first?[0] == nil {
                try PostgresBranch.expect("COMMIT", try session.run(script: "COMMIT"))
                return .readOnly
            }
            let answer = try session.run(script: "PREPARE TRANSACTION '\(xid)'")
            try PostgresBranch.expect("PREPARE TRANSACTION", answer)
            return .prepared
        }
    }

    /// As `TransactionBranch` says. What is committed is on the server's disk, also where its
    /// `synchronous_commit` is `off`.
    public func commitOnePhase(recordingOutcome: Bool) async throws {
        if recordingOutcome {
            do {
                try await outcomes.ensure(finishing)
            } catch {
                // Nothing was sent, so it is certain what becomes of the branch.
                try await rollback()
                throw ResourceError.rolledBack(reason: error.message)
            }
        }
        let script = commitScript(recordingOutcome)
        let refusal: SQLFailure? = try await finish("commit a branch") {
            session throws(SQLFailure) in
            do throws(SQLFailure) {
                try PostgresBranch.expect("COMMIT", try session.run(script: script.commit))
                if let record = script.record { try session.run(script: record) }
                return nil
            } catch  where error.kind == .statement {
                return error
            }
        }
        guard let refusal else { return }
        let state = refusal.state.map { "SQLSTATE \($0): " } ?? ""
        throw ResourceError.rolledBack(reason: state + refusal.text)
    }

    /// In a read-only transaction nothing can be recorded; since it has nothing to commit either, its
    /// record is a transaction of its own.
    private func commitScript(_ recordingOutcome: Bool) -> (commit: String, record: String?) {
        let insertion = outcomes.insertion(of: xid)
        let durable =
            "SELECT pg_catalog.set_config('synchronous_commit', 'on', true)"
            + " WHERE pg_catalog.current_setting('synchronous_commit') = 'off'"
        if readOnly { return ("COMMIT", recordingOutcome ? "\(durable); \(insertion)" : nil) }
        return (recordingOutcome ? "\(durable); \(insertion); COMMIT" : "\(durable); COMMIT", nil)
    }

    /// Cancels the statement that runs. What ends the branch is left alone.
    public func interrupt() {
        connection.withLock { $0 }?.cancelRunning()
    }

    public func rollback() async throws {
        guard let connection = end() else { return }
        connection.cancelRunning()
        // A connection that is gone was rolled back by the server.
        _ = try? await connection.perform { session throws(SQLFailure) in
            if session.isUsable { try session.run(script: "ROLLBACK") }
        }
        pool.give(connection)
    }

    private func finish<Value: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (LibpqSession) throws(SQLFailure) -> Value
    ) async throws(RepriseError) -> Value {
        guard let connection = end() else { throw ended }
        defer { pool.give(connection) }
        do throws(SQLFailure) {
            return try await connection.perform(body)
        } catch {
            throw error.error(resource, doing)
        }
    }

    /// PostgreSQL answers `ROLLBACK`, and no error, to the commit of a transaction in which a
    /// statement has failed.
    private static func expect(_ tag: String, _ answer: PostgresRows) throws(SQLFailure) {
        guard answer.tag == tag else {
            throw .refused("a statement of the branch had failed, so it was rolled back")
        }
    }

    private func end() -> PostgresConnection? {
        connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
    }

    private var ended: RepriseError {
        RepriseError(
            .resourceFailed, "The branch of the resource \(resource) has ended or is prepared.")
    }
}
