internal import Model
internal import Reprise

// How a node's transactions behave, `transactions.…`, the databases that take part in them,
// `transactions.resources.<name>.…`, and the other processes, `transactions.participants.<name>.…` and
// `transactions.coordinators.<name>.…`.

extension SettingsTable {
    private static let draft = SettingsDraft()
    private static let day: Milliseconds = 86_400_000

    static var transactions: [Setting<SettingsDraft>] {
        [
            .duration(
                "transactions.timeout", \.reprise.transactions.timeout, of: draft, 10...day,
                "How long a transaction may be active; then it is rolled back."),
            .choice(
                "transactions.acknowledgement", \.reprise.transactions.acknowledgement, of: draft,
                "When a decision counts: local, durable in the journal; mirrored, also acknowledged "
                    + "by Kafka."),
            .boolean(
                "transactions.publishesAll", \.reprise.transactions.publishesAll, of: draft,
                "Whether the outcome of a transaction that needs no record (one branch without "
                    + "durable work) is written and published, too. With Kafka only; never forced."),
            .duration(
                "transactions.takeoverAfter", \.reprise.transactions.takeoverAfter, of: draft,
                0...day,
                "How long after a decision a worker with the same resources may commit the branches "
                    + "that the node has not; 0 is never. With Kafka only."),
            .duration(
                "transactions.recoveryInterval", \.reprise.transactions.recoveryInterval, of: draft,
                100...3_600_000,
                "How long recovery waits between two looks at what resources hold prepared."),
            .duration(
                "transactions.graceOfUndecided", \.reprise.transactions.graceOfUndecided, of: draft,
                0...day,
                "How long a prepared branch that nobody knows must have been seen before it is "
                    + "rolled back."),
            .duration(
                "transactions.retry.firstDelay", \.reprise.transactions.retry.firstDelay, of: draft,
                0...day, "What passes before a branch that cannot be reached is told again."),
            .duration(
                "transactions.retry.maxDelay", \.reprise.transactions.retry.maxDelay, of: draft,
                0...day, "No such delay is longer, jitter aside."),
            .integer(
                "transactions.maxBranches", \.reprise.transactions.maxBranches, of: draft,
                1...1_024,
                "Branches of a transaction."),
            .bytes(
                "transactions.maxCargoBytes", \.reprise.transactions.maxCargoBytes, of: draft,
                1...(768 << 10), "Size of a transaction's durable actions, sessions and messages."),
            .integer(
                "transactions.maxCargo", \.reprise.transactions.maxCargo, of: draft, 1...4_000,
                "Durable actions, sessions and messages of a transaction."),
            .integer(
                "transactions.maxNesting", \.reprise.transactions.maxNesting, of: draft, 1...100,
                "Levels of after-commit work that runs transactions with after-commit work."),
            .integer(
                "transactions.maxRounds", \.reprise.transactions.maxRounds, of: draft, 1...100,
                "Rounds of before-commit actions that register further ones."),
        ]
    }

    /// Under `transactions.resources.<name>`.
    static let resource: [Setting<ResourceDraft>] = [
        .optional(
            "connectionFile", \.connectionFile, allowed: "a path",
            "File with the connection string of a PostgreSQL database, as libpq takes it.",
            check: { !$0.isEmpty }),
        .optional(
            "connectionVariable", \.connectionVariable, allowed: "the name of a variable",
            "Environment variable with the connection string, where a file is not to be had.",
            check: { !$0.isEmpty }),
        .choice(
            "participation", \.participation, of: ResourceDraft(),
            "prepare: two-phase commit, for which the server needs max_prepared_transactions. "
                + "onePhase: alone in its transactions, or the last to commit."),
        .text(
            "schema", \.schema, of: ResourceDraft(), allowed: "1 to 63 bytes",
            "Where the table reprise_outcomes is.", check: { (1...63).contains($0.utf8.count) }),
        .integer(
            "connections", \.connections, of: ResourceDraft(), 1...1_000,
            "Connections for branches at a time."),
    ]

    /// Under `transactions.participants.<name>` and `transactions.coordinators.<name>`.
    static let peer: [Setting<PeerDraft>] = [
        .optional(
            "api", \.api, allowed: "a URL of http or https",
            "Where the other process's API answers.", check: Checks.isURL),
        .optional(
            "tokenFile", \.tokenFile, allowed: "a path",
            "File with a token for it, of the scope participate.", check: { !$0.isEmpty }),
    ]
}

/// What a resource's settings are read into.
struct ResourceDraft: Sendable {
    var connectionFile: String?
    var connectionVariable: String?
    var participation = ResourceSettings.Participation.prepare
    var schema = "public"
    var connections = ResourceSettings.standardConnections
}
