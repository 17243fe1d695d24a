internal import Logging
internal import Model
internal import Reprise

/// The one table of every setting. Files, environment, command line, reference and messages all
/// come from it.
enum SettingsTable {
    static let general: [Setting<SettingsDraft>] =
        program + journal + kafka + recovery + transactions + limits + server + outgoing + client

    private static let root = SettingsDraft()
    private static let day: Milliseconds = 86_400_000

    private static var program: [Setting<SettingsDraft>] {
        [
            .text(
                "node", \.reprise.node, of: root, allowed: "a name of 1 to 128 bytes without '/'",
                "Name of this node or worker: unique among them, the same after a restart. "
                    + "Defaults to the host's name.",
                check: { (1...Limits.maxNodeBytes).contains($0.utf8.count) && !$0.contains("/") }),
            .choice(
                "log.level", \.logLevel, of: root, "What is logged: this and what is graver."),
            .choice(
                "log.format", \.logFormat, of: root,
                "How a line of the log looks: text for people, json with one object a line."),
        ]
    }

    private static var journal: [Setting<SettingsDraft>] {
        [
            .text(
                "journal.directory", \.reprise.journal.directory, of: root, allowed: "a path",
                "Where the journal lies; made if it is missing. On a disk that survives the "
                    + "process: it holds what was acknowledged.", check: { !$0.isEmpty }),
            .bytes(
                "journal.segmentBytes", \.reprise.journal.segmentBytes, of: root,
                (4 << 20)...(1 << 30), "Size of one segment of the journal."),
            .bytes(
                "journal.maxBytes", \.reprise.journal.maxBytes, of: root,
                (16 << 20)...(64 << 40),
                "Size of all segments, at least four of them; beyond it new sessions are refused with "
                    + "diskFull."),
        ]
    }

    private static var kafka: [Setting<SettingsDraft>] {
        [
            .text(
                "kafka.brokers", \.brokers, of: root, allowed: "host:port, comma separated",
                "Where Kafka is. Empty runs standalone: recovery happens in the node, from its "
                    + "journal.",
                check: { $0.isEmpty || Checks.isBrokerList($0) }),
            .duration(
                "mirror.window", \.reprise.mirror.window, of: root, 0...60_000,
                "A session that completes within this time of being opened is not sent to Kafka."),
            .choice(
                "mirror.events", \.mirrored, of: root,
                "needed sends only sessions that outlive the window; all sends everything."),
            .text(
                "topics.prefix", \.reprise.topics.prefix, of: root,
                allowed: "1 to 200 letters, digits, '.', '_' or '-'",
                "The topics are <prefix>.sessions, <prefix>.dead-letters and <prefix>.transactions.",
                check: { $0.utf8.count <= 200 && Checks.isTopicName($0) }),
            .integer(
                "topics.partitions", \.reprise.topics.partitions, of: root, 1...10_000,
                "Partitions of the sessions and the transactions topic when they are made; topics with "
                    + "fewer are refused."),
            .integer(
                "topics.replication", \.reprise.topics.replication, of: root, -1...100,
                "Replicas of a topic that is made; -1 takes the broker's default."),
            .boolean(
                "topics.creates", \.reprise.topics.creates, of: root,
                "Whether missing topics are made."),
            .boolean(
                "topics.checksPolicies", \.reprise.topics.checksPolicies, of: root,
                "Whether retention and cleanup policy are checked at start; false only for a "
                    + "broker that cannot tell."),
        ]
    }

    private static var recovery: [Setting<SettingsDraft>] {
        [
            .text(
                "recovery.group", \.reprise.recovery.group, of: root, allowed: "1 to 200 bytes",
                "The consumer group of the workers.", check: { (1...200).contains($0.utf8.count) }),
            .duration(
                "recovery.clockAllowance", \.reprise.recovery.clockAllowance, of: root,
                0...3_600_000,
                "How far the clocks of nodes and workers may differ: what a claim waits beyond a "
                    + "lease that another machine set."),
            .choice(
                "recovery.assignor", \.reprise.recovery.assignor, of: root,
                "How partitions are shared among workers; the same on all of them."),
            .optional(
                "recovery.instanceID", \.reprise.recovery.instanceID, allowed: "1 to 200 bytes",
                "Lets a worker keep its partitions over a restart; unique for each worker.",
                check: { (1...200).contains($0.utf8.count) }),
            .duration(
                "recovery.drainTimeout", \.reprise.recovery.drainTimeout, of: root, 0...300_000,
                "How long a partition that the group takes away is kept for its running handlers, and a "
                    + "worker that stops waits for them."),
            .duration(
                "recovery.markInterval", \.reprise.recovery.markInterval, of: root, 100...3_600_000,
                "How often the owner of a partition marks where a fold may begin."),
            .boolean(
                "recovery.trims", \.reprise.recovery.trims, of: root,
                "Whether records below the mark are deleted from the topic."),
            .optional(
                "recovery.checkpointDirectory", \.reprise.recovery.checkpointDirectory,
                allowed: "a path", "Where checkpoints are kept that make a restart cheap.",
                check: { !$0.isEmpty }),
            .duration(
                "recovery.sessionTimeout", \.reprise.recovery.sessionTimeout, of: root,
                1_000...300_000, "Kafka's session timeout: how soon a dead worker is replaced."),
        ]
    }

    private static var limits: [Setting<SettingsDraft>] {
        [
            .bytes(
                "limits.maxRecordBytes", \.reprise.limits.maxRecordBytes, of: root, 1...(512 << 10),
                "Size of one record."),
            .bytes(
                "limits.maxSessionBytes", \.reprise.limits.maxSessionBytes, of: root,
                1...(768 << 10), "Size of all records and headers of a session."),
            .integer(
                "limits.maxRecords", \.reprise.limits.maxRecords, of: root, 1...100_000,
                "Records of a session."),
            .integer(
                "limits.maxHeaders", \.reprise.limits.maxHeaders, of: root, 0...1_000,
                "Headers of a session."),
            .bytes(
                "limits.maxHeaderBytes", \.reprise.limits.maxHeaderBytes, of: root, 1...(64 << 10),
                "Size of one header, name and value."),
            .integer(
                "limits.maxSessions", \.reprise.limits.maxSessions, of: root, 1...1_000_000_000,
                "Sessions that a node holds at a time."),
            .duration(
                "limits.maxLease", \.reprise.limits.maxLease, of: root, 10...(365 * day),
                "The longest lease that a caller may ask for."),
        ]
    }

    private static var server: [Setting<SettingsDraft>] {
        [
            .text(
                "server.host", \.server.host, of: root, allowed: "an address or a host name",
                "Where the HTTP API listens. Any address but loopback needs a token.",
                check: { !$0.isEmpty }),
            .integer(
                "server.port", \.server.port, of: root, 0...65_535,
                "Its port; 0 takes any free one."),
            .optional(
                "server.tokenFile", \.tokenFile, allowed: "a path",
                "File with a token that may do everything: 16 or more visible characters.",
                check: { !$0.isEmpty }),
            Setting(
                name: "server.token", form: .text("16 or more visible characters"), standard: "",
                description: "The token itself, where a file is not to be had.", isSecret: true,
                isEnvironmentOnly: true
            ) { root, text in
                root.token = text
                return true
            },
            .optional(
                "server.tokensFile", \.tokensFile, allowed: "a path",
                "File with more tokens, one a line: name, scopes, token, perhaps expires=. See "
                    + "schemas/access.md.",
                check: { !$0.isEmpty }),
            Setting(
                name: "server.tokens", form: .text("lines as in server.tokensFile"), standard: "",
                description: "The lines themselves, where a file is not to be had.",
                isSecret: true, isEnvironmentOnly: true
            ) { root, text in
                root.tokens = text
                return true
            },
            .bytes(
                "server.maxBodyBytes", \.server.maxBodyBytes, of: root, 1_024...(64 << 20),
                "Size of a request's body, batches aside. Base64 makes a record a third larger."),
            .bytes(
                "server.maxBatchBytes", \.server.maxBatchBytes, of: root, 1_024...(256 << 20),
                "Size of a batch's body."),
            .integer(
                "server.maxConnections", \.server.maxConnections, of: root, 1...1_000_000,
                "Connections at a time."),
            .duration(
                "server.idleTimeout", \.server.idleTimeout, of: root, 1_000...3_600_000,
                "How long a connection may be silent, or take for the headers of a request, before "
                    + "it is closed."),
            .duration(
                "server.requestTimeout", \.server.requestTimeout, of: root, 1_000...3_600_000,
                "How long the body of a request may take, however busily it comes."),
            .bytes(
                "server.maxHeaderBytes", \.server.maxHeaderBytes, of: root, 4_096...(1 << 20),
                "Size of a request's headers; one header has half of it at most."),
            .integer(
                "server.ratePerSecond", \.server.ratePerSecond, of: root, 0...1_000_000,
                "Requests a second for each token; without tokens, for all callers together. 0 is "
                    + "without limit."),
            .optional(
                "server.tls.certificateFile", \.certificateFile, allowed: "a path",
                "The API's certificate and those that lead to its authority, in PEM. With it the "
                    + "API speaks TLS 1.2 or newer, and nothing else.",
                check: { !$0.isEmpty }),
            .optional(
                "server.tls.keyFile", \.keyFile, allowed: "a path",
                "The certificate's key in PEM, unencrypted; goes with server.tls.certificateFile.",
                check: { !$0.isEmpty }),
            .optional(
                "server.callbackURL", \.callbackURL, allowed: "an http or https URL",
                "Where handlers reach this process. Defaults to http(s)://<server.host>:<port>.",
                check: { Checks.isURL($0) }),
        ]
    }
}
