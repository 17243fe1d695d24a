internal import Model
internal import Platform
internal import Synchronization

/// A bounded number of connections. Each is used by one at a time, and is made when it is first
/// needed.
final class ConnectionPool: Sendable {
    private struct State {
        var idle: [PostgresConnection] = []
        /// All of them, to end what runs on them when the pool is closed.
        var all: [PostgresConnection] = []
        var isClosed = false
    }

    private let settings: ConnectionSettings
    private let permits: Permits
    private let state = Mutex(State())

    init(_ settings: ConnectionSettings, count: Int) {
        self.settings = settings
        permits = Permits(count)
    }

    deinit { close() }

    /// Waits until a connection is free; give it back with `give`.
    func take() async throws(RepriseError) -> PostgresConnection {
        guard await permits.acquire(within: settings.limits.connectionWait) else {
            throw RepriseError(
                .resourceFailed,
                "The resource \(settings.resource) has no free connection: all were in use for"
                    + " \(settings.limits.connectionWait), or the task was cancelled.")
        }
        do throws(RepriseError) {
            let idle: PostgresConnection? = try state.withLock { state throws(RepriseError) in
                guard !state.isClosed else { throw closed }
                return state.idle.popLast()
            }
            if let idle { return idle }
            return try make()
        } catch {
            permits.release()
            throw error
        }
    }

    /// Ends what a connection still has open, and makes it as good as new for the next one, without
    /// letting the caller wait for it.
    func give(_ connection: PostgresConnection) {
        connection.enqueue { session in
            guard session.isUsable else { return session.close() }
            do throws(SQLFailure) {
                if session.isInTransaction { try session.run(script: "ROLLBACK") }
                try session.run(script: "DISCARD ALL")
            } catch {
                session.close()
            }
        }
        state.withLock { state in
            if !state.isClosed { state.idle.append(connection) }
        }
        permits.release()
    }

    /// Borrows a connection for a call that can be repeated.
    func use<Value: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (LibpqSession) throws(SQLFailure) -> Value
    ) async throws(RepriseError) -> Value {
        let connection = try await take()
        defer { give(connection) }
        do throws(SQLFailure) {
            return try await connection.perform { session throws(SQLFailure) in
                try session.connected { () throws(SQLFailure) in try body(session) }
            }
        } catch {
            throw error.error(settings.resource, doing)
        }
    }

    /// Ends all connections: what is open on them is rolled back by the server.
    func close() {
        let all = state.withLock { state in
            state.isClosed = true
            state.idle = []
            defer { state.all = [] }
            return state.all
        }
        for connection in all { connection.stop() }
    }

    private func make() throws(RepriseError) -> PostgresConnection {
        let connection = try PostgresConnection(settings)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.all.append(connection) }
            return state.isClosed
        }
        if isClosed { throw closed }
        return connection
    }

    private var closed: RepriseError {
        RepriseError(.shuttingDown, "The resource \(settings.resource) has been closed.")
    }
}
