package import Journal
package import Logging
package import Model
internal import Platform
internal import Transactions
package import WAL

/// Where a manager's records go, and what it has to know of the node around it.
package struct CoordinationLog: Sendable {
    package var journal: Journal
    /// Returns when Kafka has everything up to the number, messages of outboxes only where so asked. Nil
    /// without Kafka.
    package typealias Mirrored =
        @Sendable (LSN, _ outbox: Bool) async throws(RepriseError) -> Void
    package var mirrored: Mirrored?
    /// The Kafka partition that a session with this id is pinned to.
    package var partition: @Sendable (SessionID) -> UInt32
    /// Milliseconds of a clock that never steps.
    package var monotonic: @Sendable () -> Milliseconds
    package var logger: Logger
    private let ids = IDSource()

    package init(
        journal: Journal, mirrored: Mirrored? = nil,
        partition: @escaping @Sendable (SessionID) -> UInt32 = { _ in 0 },
        monotonic: (@Sendable () -> Milliseconds)? = nil, logger: Logger
    ) {
        self.monotonic = monotonic ?? CoordinationLog.systemMonotonic
        self.journal = journal
        self.mirrored = mirrored
        self.partition = partition
        self.logger = logger
    }

    private static let systemMonotonic: @Sendable () -> Milliseconds = {
        Milliseconds(SystemTime().monotonicNanoseconds() / 1_000_000)
    }

    var identity: UInt64 { journal.writer.journal }

    func newTransaction() -> TransactionID {
        TransactionID(time: journal.now(), random: ids.next())
    }

    func newSession() -> SessionID {
        SessionID(time: journal.now(), random: ids.next())
    }
}
