import Foundation
import Logging
import Model
import Reprise
import ReprisePostgres
import Testing

@testable import RepriseServer

@Suite struct SettingsTests {
    private func kind(_ name: String) -> Kind { Kind(unchecked: name) }

    // MARK: Values

    @Test func nothingAtAllIsTheDefaults() throws {
        let settings = try SettingsText.load()
        #expect(settings.server == ServerConfiguration())
        #expect(settings.reprise.kafka == nil)
        #expect(settings.reprise.limits == Limits())
        #expect(settings.reprise.journal.segmentBytes == 64 << 20)
        #expect(!settings.reprise.node.isEmpty)
        #expect(settings.callbackURL == "http://127.0.0.1:7171")
        #expect(settings.warnings.isEmpty)
    }

    @Test(arguments: [
        ["journal.segmentBytes": "64MiB", "journal.maxBytes": "255MiB"],
        ["defaults.breaker.openFor": "2m", "defaults.breaker.maxOpenFor": "1m"],
    ])
    func `what fits by itself and not together is refused`(flags: [String: String]) throws {
        let settings = try SettingsText.load(flags: flags.map { (key: $0.key, value: $0.value) })
        let error = #expect(throws: RepriseError.self) { try settings.reprise.validate() }
        #expect(error?.code == .configuration)
        try SettingsText.load().reprise.validate()
    }

    @Test func handlersReachAnAddressOfIPv6() throws {
        let settings = try SettingsText.load(flags: [("server.host", "::1"), ("server.port", "0")])
        let address = CallbackAddress(settings)
        address.listens(on: 81)
        #expect(address.url == "http://[::1]:81")
        let fixed = try SettingsText.load(flags: [("server.host", "::1")])
        #expect(fixed.callbackURL == "http://[::1]:7171")
    }

    static let file = """
        node: n1
        log:
          level: debug
        journal:
          directory: /data
          segmentBytes: 8MiB
        kafka:
          brokers: a:9092,b:9092
          properties:
            security.protocol: SASL_SSL
            sasl: { username: u, password: pw }
        mirror: { window: 100ms, events: all }
        recovery:
          assignor: range
          clockAllowance: 2s
        server: { port: 0, tokenFile: $DIR/token, callbackURL: "http://n1:7171" }
        defaults:
          lease: 10s
          retry: { maxAttempts: 3 }
        kinds:
          plain: {}
          empty:
          user.create:
            lease: 1m
            retry: { firstDelay: 2s, factor: 1.5, jitter: 0 }
            handler: { url: "http://a/handle", timeout: 5s, tokenFile: $DIR/token }
            acknowledgement: mirrored
            breaker.failures: 4
        """

    @Test func aFileSetsEverything() throws {
        let settings = try SettingsText.load(Self.file)
        #expect(settings.reprise.node == "n1")
        #expect(settings.logLevel == .debug)
        #expect(settings.reprise.journal.directory == "/data")
        #expect(settings.reprise.journal.segmentBytes == 8 << 20)
        let kafka = try #require(settings.reprise.kafka)
        #expect(kafka.brokers == ["a:9092", "b:9092"])
        #expect(kafka.security.tls != nil)
        #expect(kafka.security.sasl?.username == "u")
        #expect(kafka.security.sasl?.password == "pw")
        #expect(kafka.properties.isEmpty)
        #expect(settings.reprise.mirror.window == 100)
        #expect(settings.reprise.mirror.sendsAll)
        #expect(settings.reprise.recovery.assignor == .range)
        #expect(settings.reprise.recovery.clockAllowance == 2_000)
        #expect(settings.server.port == 0)
        #expect(
            settings.server.token?.digest.matches(TokenDigest(of: "a-token-of-a-file-0001".utf8))
                == true)
        #expect(settings.callbackURL == "http://n1:7171")

        let policies = settings.reprise.kinds
        #expect(Set(policies.keys) == [kind("plain"), kind("empty"), kind("user.create")])
        #expect(policies[kind("plain")]?.lease == 10_000)
        #expect(policies[kind("empty")]?.retry.maxAttempts == 3)
        let policy = try #require(policies[kind("user.create")])
        #expect(policy.lease == 60_000)
        #expect(policy.retry.firstDelay == 2_000)
        #expect(policy.retry.factor == 1.5)
        #expect(policy.retry.jitter == 0)
        #expect(policy.retry.maxAttempts == 3, "what a kind does not say comes from defaults")
        #expect(policy.handlerTimeout == 5_000)
        #expect(policy.acknowledgement == .mirrored)
        #expect(policy.breaker.failures == 4)
        #expect(settings.reprise.fallbackPolicy.lease == 10_000)
        #expect(settings.handlers.count == 1)
        #expect(settings.handlers[kind("user.create")]?.url == "http://a/handle")
        #expect(settings.handlers[kind("user.create")]?.token != nil)
    }

    @Test func aJSONFileSetsTheSame() throws {
        let settings = try SettingsText.load(
            #"""
            {"node": "n1", "server": {"port": 8080}, "topics": {"creates": false}, "kinds":
             {"user.create": {"lease": "1m", "retry": {"factor": 1.5}}, "plain": {}, "empty": null}}
            """#, name: "reprise.json")
        #expect(settings.reprise.node == "n1")
        #expect(settings.server.port == 8080)
        #expect(!settings.reprise.topics.creates)
        #expect(settings.reprise.kinds.count == 3)
        #expect(settings.reprise.kinds[kind("user.create")]?.retry.factor == 1.5)
    }

    @Test func flagsBeatEnvironmentBeatsFileBeatsDefaults() throws {
        let file = "server: { port: 1, idleTimeout: 2s, maxConnections: 3 }"
        let environment = ["REPRISE_SERVER_PORT": "4", "REPRISE_SERVER_IDLE_TIMEOUT": "5s"]
        let settings = try SettingsText.load(
            file, environment: environment, flags: [("server.port", "6")])
        #expect(settings.server.port == 6)
        #expect(settings.server.idleTimeout == 5_000)
        #expect(settings.server.maxConnections == 3)
        #expect(settings.server.host == "127.0.0.1")
    }

    @Test func flagsAndEnvironmentReachKindsAndKafka() throws {
        let settings = try SettingsText.load(
            environment: [
                "REPRISE_KAFKA_BROKERS": "a:1", "REPRISE_DEFAULTS_LEASE": "9s",
                "REPRISE_KAFKA_PROPERTIES_SASL_PASSWORD": "p",
            ],
            flags: [
                ("kinds.user.create.retry.firstDelay", "7s"), ("kinds.order.lease", "1s"),
                ("kafka.properties.sasl.username", "u"),
                ("kafka.properties.security.protocol", "SASL_PLAINTEXT"),
            ])
        #expect(settings.reprise.kinds[kind("user.create")]?.retry.firstDelay == 7_000)
        #expect(settings.reprise.kinds[kind("user.create")]?.lease == 9_000)
        #expect(settings.reprise.kinds[kind("order")]?.lease == 1_000)
        #expect(settings.reprise.kafka?.security.sasl?.username == "u")
        #expect(settings.reprise.kafka?.security.sasl?.password == "p")
    }

    @Test func anEmptyFileAndEmptyLevelsAreFine() throws {
        for text in ["", "# nothing\n", "{}", "kinds:\nserver: {}\nkafka:\n  properties: {}\n"] {
            #expect(try SettingsText.load(text).server.port == 7171)
        }
        #expect(try SettingsText.load("{}", name: "a.json").server.port == 7171)
    }

    @Test func unknownEnvironmentVariablesAreOnlyWarnedOf() throws {
        let settings = try SettingsText.load(environment: [
            "REPRISE_SERVICE_HOST": "10.0.0.1", "REPRISE_TEST_BROKERS": "x", "PATH": "/bin",
        ])
        #expect(settings.warnings.count == 1)
        #expect(settings.warnings.first?.contains("REPRISE_SERVICE_HOST") == true)
    }

    // MARK: What is wrong

    @Test func allErrorsAreToldAtOnce() {
        let text = SettingsText.message(
            """
            server:
              port: 70000
              hots: x
            mirror:
              window: 50
            kinds:
              "a b": { lease: 1s }
              order:
                lease: [1, 2]
                retry: { attempts: 3 }
            journal:
              segmentBytes: 64MB
            """, environment: ["REPRISE_TOPICS_CREATES": "maybe"])
        for part in [
            "server.port", "\"70000\"", "0 to 65535", "line 2", "server.hots", "server.host?",
            "mirror.window", "\"50\"", "50ms, 30s", "kinds.a b", "kinds.order.lease", "a list",
            "kinds.order.retry.attempts", "kinds.order.retry.maxAttempts?", "journal.segmentBytes",
            "64MiB", "REPRISE_TOPICS_CREATES", "true or false",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
        #expect(text.split(separator: "\n- ").count == 9)
    }

    /// What the journal itself would refuse at the start is refused here.
    @Test func aSegmentHoldsTwoBatches() throws {
        #expect(
            SettingsText.message("journal: { segmentBytes: 1MiB }").contains("journal.segmentBytes")
        )
        let settings = try SettingsText.load("journal: { segmentBytes: 4MiB }")
        #expect(settings.reprise.journal.segmentBytes == 4 << 20)
    }

    @Test(
        arguments: [
            ("server.prot", "server.port"), ("journal.dir", "journal.directory"),
            ("defaults.leese", "defaults.lease"),
            ("kinds.order.handler.ulr", "kinds.order.handler.url"),
            ("maxBytes", nil),
        ] as [(String, String?)])
    func anUnknownKeySuggestsTheNearest(key: String, nearest: String?) {
        let text = SettingsText.message(flags: [(key, "1")])
        #expect(text.contains(key))
        if let nearest { #expect(text.contains("Did you mean \(nearest)?"), "\(text)") }
    }

    @Test(arguments: ["server: [", "a: b: c", "a: 1\na: 2", "\t- x"])
    func whatIsNoYAMLIsRefused(text: String) {
        #expect(SettingsText.message(text).contains("reprise.yaml"))
    }

    @Test(arguments: ["- a\n- b", "just words"])
    func aFileWithoutKeysIsRefused(text: String) {
        #expect(SettingsText.message(text).contains("holds no keys"))
    }

    @Test func whatIsNoJSONIsRefusedWithItsPlace() {
        #expect(SettingsText.message("{\n  \"node\": \"x\" \"y\"}", name: "a.json").contains("2:"))
        #expect(SettingsText.message("[]", name: "a.json").contains("holds no keys"))
    }

    @Test func anUnreadableFileSaysItsPathAndWhy() {
        let error = #expect(throws: RepriseError.self) {
            try Settings.load(file: "/nowhere/reprise.yaml", environment: [:])
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("/nowhere/reprise.yaml: No such file") == true)
        let directory = #expect(throws: RepriseError.self) {
            try Settings.load(file: "/tmp", environment: [:])
        }
        #expect(directory?.message.contains("directory") == true)
    }

    @Test func secretsAreNotShownAndNotTakenFromEverywhere() throws {
        #expect(
            SettingsText.message("server: { token: hunter2-hunter2-hunter2 }").contains(
                "REPRISE_SERVER_TOKEN"))
        #expect(
            !SettingsText.message("server: { token: hunter2-hunter2-hunter2 }").contains("hunter2"))
        #expect(
            !SettingsText.message(environment: ["REPRISE_SERVER_TOKEN": "hunter2"]).contains(
                "hunter2"))
        #expect(
            !SettingsText.message("kafka: { properties: { sasl.password: [hunter2] } }").contains(
                "hunter2"))
        let settings = try SettingsText.load(environment: [
            "REPRISE_SERVER_TOKEN": "hunter2-hunter2-hunter2"
        ])
        #expect(
            settings.server.token?.digest.matches(TokenDigest(of: "hunter2-hunter2-hunter2".utf8))
                == true)
    }

    @Test func aMissingTokenFileIsToldLikeAllElse() {
        let text = SettingsText.message(
            "server: { host: 0.0.0.0, tokenFile: /nowhere/token }\nnode: ''")
        #expect(text.contains("/nowhere/token"))
        #expect(text.contains("node"))
    }

    @Test func anOpenAddressWithoutATokenIsRefused() {
        #expect(SettingsText.message("server: { host: 0.0.0.0 }").contains("there is no token"))
    }

    @Test func aKindOfReprisesOwnIsNotConfigured() throws {
        let own = "kinds: { reprise.transaction.finish: { lease: 3s } }"
        #expect(SettingsText.message(own).contains("Reprise's own"))
        #expect(
            try SettingsText.load("kinds: { reprise.transactions: {} }").reprise.kinds.count == 1)
    }

    @Test func propertiesWithoutBrokersAreRefused() {
        #expect(SettingsText.message("kafka: { properties: { a: b } }").contains("kafka.brokers"))
    }

    @Test(arguments: ["a", "a:", "a:0", "a:70000", ":9092", "a:9092,", "a:9092,,b:1"])
    func brokersAreChecked(text: String) {
        #expect(SettingsText.message(flags: [("kafka.brokers", text)]).contains("host:port"))
    }

    @Test(arguments: ["ftp://a", "http://", "http://a:b@c/", "http:///x", "a b", "http://a b"])
    func urlsAreChecked(text: String) {
        #expect(
            SettingsText.message(flags: [("kinds.order.handler.url", text)]).contains(
                "http or https URL"))
    }
}

@Suite struct UnitsTests {
    @Test(arguments: [
        ("0", 0), ("50ms", 50), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000),
        ("7d", 604_800_000), ("5 m", 300_000),
    ])
    func readsDurations(text: String, value: Int64) {
        #expect(Units.milliseconds(text) == value)
    }

    @Test(arguments: [
        "", "5", "s", "-5s", "1.5s", "5S", "5 s x", "99999999999999999999s", "9223372036854775807d",
        "٣s",
    ])
    func refusesOtherDurations(text: String) {
        #expect(Units.milliseconds(text) == nil)
    }

    @Test(arguments: [
        ("0", 0), ("512B", 512), ("64KiB", 65_536), ("64MiB", 64 << 20), ("1GiB", 1 << 30),
    ])
    func readsSizes(text: String, value: Int) {
        #expect(Units.byteCount(text) == value)
        #expect(Units.bytes(value) == text)
    }

    @Test(arguments: ["64MB", "64", "64M", "1.5GiB", "9223372036854775807TiB"])
    func refusesOtherSizes(text: String) {
        #expect(Units.byteCount(text) == nil)
    }

    @Test func writesTheLargestExactUnit() {
        #expect(Units.duration(90_000) == "90s")
        #expect(Units.duration(3_600_000) == "1h")
        #expect(Units.duration(1_001) == "1001ms")
        #expect(Units.bytes(1_536) == "1536B")
    }
}

@Suite struct SettingsTableTests {
    @Test func everyDefaultIsAllowed() {
        var draft = SettingsDraft()
        for setting in SettingsTable.general where !setting.standard.isEmpty {
            #expect(setting.assign(&draft, setting.standard), "\(setting.name)")
        }
        var kind = KindDraft()
        for setting in SettingsTable.kind where !setting.standard.isEmpty {
            #expect(setting.assign(&kind, setting.standard), "\(setting.name)")
        }
    }

    @Test func keysAndVariablesAreUnique() {
        let keys = SettingsKey.all
        #expect(Set(keys).count == keys.count)
        #expect(Set(keys.map(SettingsKey.environmentName)).count == keys.count)
        #expect(SettingsKey.environmentName("journal.maxBytes") == "REPRISE_JOURNAL_MAX_BYTES")
        #expect(
            SettingsKey.environmentName("recovery.instanceID") == "REPRISE_RECOVERY_INSTANCE_ID")
        #expect(
            SettingsKey.environmentName("server.callbackURL") == "REPRISE_SERVER_CALLBACK_URL")
    }

    @Test func theReferenceHasEveryKey() {
        let text = SettingsReference.markdown
        for key in SettingsKey.all { #expect(text.contains("`\(key)`")) }
        for setting in SettingsTable.kind {
            #expect(text.contains("`kinds.<kind>.\(setting.name)`"))
        }
        #expect(
            text.contains(
                "| `journal.segmentBytes` `REPRISE_JOURNAL_SEGMENT_BYTES` | `64MiB` | size: "))
    }

    @Test func theReferenceIsThePageOfTheDocuments() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/Reprise/Reprise.docc/ConfigurationReference.md")
        #expect(
            try String(contentsOf: page, encoding: .utf8) == SettingsReference.markdown,
            "After a change of a setting: reprise config reference > \(page.lastPathComponent)")
    }
}
