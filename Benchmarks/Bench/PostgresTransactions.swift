import Coordination
import Model
import ReprisePostgres
import Transactions

/// What the manager adds to PostgreSQL: the same statements by hand and in transactions.
enum PostgresTransactions {
    static func run(_ options: Options, _ workspace: Workspace) async throws {
        let directory = try workspace.fresh("pg-transactions")
        var table = Table("PostgreSQL, one update in each database, µs a transaction")
        guard let server = try PostgresFloor(directory: directory + "/postgres", clients: 1) else {
            table.note("PostgreSQL: not installed, or no user to run it as")
            return table.show()
        }
        defer { server.stop() }
        let (a, b) = (try server.resource("first"), try server.resource("second"))
        for resource in [a, b] { try await setUp(resource) }
        let rig = try TransactionRig(directory + "/journal", [a, b])
        let number = Sequence()
        let seconds = options.seconds
        func microseconds(_ body: @escaping @Sendable () async throws -> Void) -> Subject {
            Subject(name: "") {
                1e6 / (try await calls(tasks: 1, seconds: seconds) { _ in try await body() }).rate
            }
        }
        let values = try await interleaved(
            rounds: options.rounds,
            [
                microseconds {
                    try await rig.manager.run { transaction in
                        for resource in [a, b] { try await update(transaction.enlist(resource)) }
                    }
                },
                microseconds {
                    // As the manager: both prepare, then both commit, at the same time.
                    let id = number.next()
                    let (left, right) = (
                        Xid(journal: 1, transaction: id, number: 1),
                        Xid(journal: 1, transaction: id, number: 2)
                    )
                    let (first, second) = (
                        try await a.begin(left, readOnly: false),
                        try await b.begin(right, readOnly: false)
                    )
                    try await update(first)
                    try await update(second)
                    async let votes = (first.prepare(), second.prepare())
                    _ = try await votes
                    async let one: Void = a.commitPrepared(left)
                    async let two: Void = b.commitPrepared(right)
                    _ = try await (one, two)
                },
                microseconds {
                    try await rig.manager.run { try await update($0.enlist(a)) }
                },
                microseconds {
                    let xid = Xid(journal: 1, transaction: number.next(), number: 1)
                    let branch = try await a.begin(xid, readOnly: false)
                    try await update(branch)
                    try await branch.commitOnePhase(recordingOutcome: false)
                },
            ])
        table.add(
            "two databases, two phases, beside the same by hand without a log", values[0],
            unit: " µs", floor: values[1])
        table.add(
            "one database, one phase, beside the same by hand", values[2], unit: " µs",
            floor: values[3])
        table.show()
        await rig.close()
        for resource in [a, b] { resource.close() }
    }

    private static func setUp(_ resource: PostgresResource) async throws {
        let xid = try Xid(format: 1, global: [1], branch: [1])
        let branch = try await resource.begin(xid, readOnly: false)
        try await branch.query("CREATE TABLE account (id integer PRIMARY KEY, sum bigint)")
        try await branch.query("INSERT INTO account VALUES (1, 0)")
        try await branch.commitOnePhase(recordingOutcome: false)
    }

    @Sendable private static func update(_ branch: PostgresBranch) async throws {
        try await branch.query("UPDATE account SET sum = sum + 1 WHERE id = $1", ["1"])
    }

    /// Ids for branches that no manager numbers.
    private final class Sequence: Sendable {
        func next() -> TransactionID {
            TransactionID(
                time: .zero, random: (.random(in: .min ... .max), .random(in: .min ... .max)))
        }
    }
}
