// swift-tools-version: 6.2
import Foundation
import PackageDescription

// `REPRISE_PACKAGE=core` leaves out the HTTP server, the command and what only they need
// (hummingbird, async-http-client): a quick build while working on the core. See CONTRIBUTING.md.
// `REPRISE_PACKAGE=fuzz` is what scripts/fuzz.sh runs, and no more than that needs.
// `REPRISE_PACKAGE=bench` is the same with the benchmarks (Benchmarks/README.md), which need more
// libraries than anything else here.
let wanted = ProcessInfo.processInfo.environment["REPRISE_PACKAGE"]
let withBenchmarks = wanted == "bench"
let withFuzzers = wanted == "fuzz"
let coreOnly = wanted == "core" || withBenchmarks || withFuzzers

/// As in the examples' own package.
let exampleSettings: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func product(_ name: String, _ package: String) -> Target.Dependency {
    .product(name: name, package: package)
}

let collections = product("Collections", "swift-collections")
let logging = product("Logging", "swift-log")
let inMemoryLogging = product("InMemoryLogging", "swift-log")
let metrics = product("Metrics", "swift-metrics")
let coreMetrics = product("CoreMetrics", "swift-metrics")
let tracing = product("Tracing", "swift-distributed-tracing")
let memoryTracing = product("InMemoryTracing", "swift-distributed-tracing")
let lifecycle = product("ServiceLifecycle", "swift-service-lifecycle")
let arguments = product("ArgumentParser", "swift-argument-parser")
let protobuf = product("SwiftProtobuf", "swift-protobuf")
let hummingbird = product("Hummingbird", "hummingbird")
let hummingbirdCore = product("HummingbirdCore", "hummingbird")
let hummingbirdTLS = product("HummingbirdTLS", "hummingbird")
let hummingbirdTesting = product("HummingbirdTesting", "hummingbird")
let httpClient = product("AsyncHTTPClient", "async-http-client")
let asn1 = product("SwiftASN1", "swift-asn1")
let certificates = product("X509", "swift-certificates")
let crypto = product("Crypto", "swift-crypto")
let httpTypes = product("HTTPTypes", "swift-http-types")
let nioCore = product("NIOCore", "swift-nio")
let nioEmbedded = product("NIOEmbedded", "swift-nio")
let nioHTTPTypes = product("NIOHTTPTypes", "swift-nio-extras")
let nioSSL = product("NIOSSL", "swift-nio-ssl")
let nioHTTP1 = product("NIOHTTP1", "swift-nio")
let signals = product("UnixSignals", "swift-service-lifecycle")
let yams = product("Yams", "Yams")
let grdb = product("GRDB", "GRDB.swift")

// Layers, lowest first. A target imports only what stands above it here: see ARCHITECTURE.md.
var targets: [Target] = [
    .systemLibrary(
        name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .target(name: "CPlatform"),
    .target(name: "Model", swiftSettings: settings),
    .target(
        name: "Platform", dependencies: ["CPlatform", "Model", logging], swiftSettings: settings),
    .target(name: "Traces", dependencies: ["Model", tracing], swiftSettings: settings),
    .target(name: "WAL", dependencies: ["Model", "Platform"], swiftSettings: settings),
    .target(
        name: "Kafka", dependencies: ["CRdKafka", "Model", "Platform", logging],
        swiftSettings: settings),
    .target(name: "Sessions", dependencies: ["Model", collections], swiftSettings: settings),
    .target(name: "Transactions", dependencies: ["Model"], swiftSettings: settings),
    .target(
        name: "Journal",
        dependencies: ["Model", "Platform", "WAL", "Sessions", "Transactions", logging],
        swiftSettings: settings),
    .target(
        name: "Mirror",
        dependencies: [
            "Traces",
            "Model", "Platform", "WAL", "Sessions", "Transactions", "Journal", "Kafka", collections,
            logging,
        ], swiftSettings: settings),
    .target(
        name: "Recovery",
        dependencies: [
            "Traces",
            "Model", "Platform", "WAL", "Sessions", "Journal", "Kafka", logging,
        ], swiftSettings: settings),
    .target(
        name: "Coordination",
        dependencies: [
            "Traces",
            "Model", "Platform", "WAL", "Sessions", "Transactions", "Journal", logging,
        ], swiftSettings: settings),
    .target(
        name: "Reprise",
        dependencies: [
            "Traces",
            "Model", "Platform", "WAL", "Sessions", "Transactions", "Journal", "Kafka", "Mirror",
            "Recovery", "Coordination", logging, metrics, lifecycle,
        ], swiftSettings: settings),

    // What tests lean on.
    .target(
        name: "SchemaProto", dependencies: [protobuf], path: "Tests/Support/SchemaProto",
        swiftSettings: [.swiftLanguageMode(.v6)]),
    .target(
        name: "TestSupport",
        dependencies: [
            "Model", "Platform", "WAL", "Kafka", "Sessions", "Journal", logging, tracing,
            memoryTracing,
        ],
        path: "Tests/Support/TestSupport", swiftSettings: settings),
    .target(name: "CAllocationCounter", path: "Tests/Support/CAllocationCounter"),
    .executableTarget(
        name: "allocation-probe",
        dependencies: ["CAllocationCounter", "Model", "Platform", "WAL", "Journal", logging],
        path: "Tests/Support/AllocationProbe", swiftSettings: settings),
    .testTarget(
        name: "AllocationTests", dependencies: ["allocation-probe"], swiftSettings: settings),
    .target(
        name: "Simulation",
        dependencies: [
            "Model", "Platform", "WAL", "Sessions", "Journal", "Mirror", "Recovery", "TestSupport",
        ], path: "Tests/Support/Simulation", swiftSettings: settings),
    // `make simulate`.
    .executableTarget(
        name: "reprise-simulate", dependencies: ["Simulation"],
        path: "Tests/Support/SimulateCommand", swiftSettings: settings),
    .testTarget(
        name: "ModelTests", dependencies: ["Model", "SchemaProto", "TestSupport", protobuf],
        swiftSettings: settings),
    .testTarget(
        name: "PlatformTests",
        dependencies: ["Platform", "Model", "TestSupport", logging, inMemoryLogging],
        swiftSettings: settings),
    .testTarget(
        name: "WALTests", dependencies: ["WAL", "Platform", "Model", "TestSupport"],
        swiftSettings: settings),
    .testTarget(
        name: "KafkaTests", dependencies: ["Kafka", "Platform", "Model", "TestSupport", logging],
        swiftSettings: settings),
    .testTarget(
        name: "SessionsTests", dependencies: ["Sessions", "Model", "TestSupport"],
        swiftSettings: settings),
    .target(
        name: "TransactionSimulation", dependencies: ["Model", "Transactions"],
        path: "Tests/Support/TransactionSimulation", swiftSettings: settings),
    .testTarget(
        name: "TransactionsTests",
        dependencies: [
            "Transactions", "TransactionSimulation", "Model", "SchemaProto", "TestSupport",
            protobuf,
        ],
        swiftSettings: settings),
    .testTarget(
        name: "SimulationTests",
        dependencies: [
            "Simulation", "Model", "Sessions", "Journal", "Mirror", "Recovery", logging,
        ],
        swiftSettings: settings),
    .testTarget(
        name: "JournalTests",
        dependencies: [
            "Journal", "Model", "Platform", "WAL", "Sessions", "TestSupport", logging,
        ], swiftSettings: settings),
    .testTarget(
        name: "MirrorTests",
        dependencies: [
            "Traces", tracing, memoryTracing,
            "Mirror", "Journal", "Kafka", "Model", "Platform", "WAL", "Sessions", "Transactions",
            "TestSupport", logging,
        ], swiftSettings: settings),
    .testTarget(
        name: "RecoveryTests",
        dependencies: [
            "Traces", tracing, memoryTracing,
            "Recovery", "Journal", "Kafka", "Model", "Platform", "Sessions", "TestSupport", logging,
        ], swiftSettings: settings),
    .testTarget(
        name: "CoordinationTests",
        dependencies: [
            "Traces", tracing, memoryTracing,
            "Coordination", "Transactions", "Journal", "Model", "Platform", "RepriseTestKit",
            "Sessions", "TestSupport", "WAL", logging,
        ], exclude: ["README.md"], swiftSettings: settings),
    .testTarget(
        name: "RepriseTests",
        dependencies: [
            "Traces", tracing, memoryTracing, "Reprise", "Transactions", "Model", "Kafka",
            "TestSupport",
        ],
        swiftSettings: settings),
    // What releases have written is read by the present code.
    .testTarget(
        name: "CompatibilityTests",
        dependencies: [
            "Reprise", "Recovery", "Journal", "Model", "Platform", "WAL", "Sessions",
            "Transactions", "SchemaProto", "TestSupport", protobuf, logging,
        ], exclude: ["Fixtures", "README.md"], swiftSettings: settings),
    .testTarget(
        name: "IntegrationTests",
        dependencies: [
            "Reprise", "Recovery", "Mirror", "Journal", "Kafka", "Model", "Platform", "WAL",
            "Sessions", "Coordination", "Transactions", "RepriseTestKit", "TestSupport", logging,
        ], exclude: ["README.md"], swiftSettings: settings),

    // What users' tests lean on.
    .target(
        name: "RepriseTestKit", dependencies: ["Model", "Platform", "Transactions"],
        swiftSettings: settings),
    .testTarget(
        name: "RepriseTestKitTests",
        dependencies: ["RepriseTestKit", "Model", "Transactions", "TestSupport"],
        swiftSettings: settings),
]

var products: [Product] = [
    .library(name: "Reprise", targets: ["Reprise"]),
    .library(name: "RepriseTestKit", targets: ["RepriseTestKit"]),
]

var dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
]

if !coreOnly || withBenchmarks {
    targets += [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "ReprisePostgres",
            dependencies: ["CPostgres", "Model", "Platform", "Transactions"],
            swiftSettings: settings),
    ]
}

if !coreOnly {
    dependencies += [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ]
    products += [
        .library(name: "ReprisePostgres", targets: ["ReprisePostgres"]),
        .library(name: "RepriseSQLite", targets: ["RepriseSQLite"]),
        .library(name: "RepriseSignature", targets: ["RepriseSignature"]),
        .library(name: "RepriseServer", targets: ["RepriseServer"]),
        .library(name: "RepriseHTTP", targets: ["RepriseHTTP"]),
        .executable(name: "reprise", targets: ["RepriseCommand"]),
    ]
    targets += [
        // The console in the browser: its files become part of the program.
        .target(name: "CConsole", exclude: ["Assets"]),
        .target(name: "RepriseSignature", dependencies: [crypto], swiftSettings: settings),
        .testTarget(
            name: "RepriseSignatureTests", dependencies: ["RepriseSignature"],
            swiftSettings: settings),
        .target(
            name: "RepriseServer",
            dependencies: [
                "Traces",
                "CConsole", "Model", "Platform", "Sessions", "Reprise", "ReprisePostgres",
                "RepriseSignature", crypto, hummingbird, hummingbirdTLS, nioHTTPTypes, nioSSL,
                hummingbirdCore, httpClient, httpTypes, nioCore, nioHTTP1, logging, metrics,
                coreMetrics, lifecycle, yams,
            ], swiftSettings: settings),
        // Transactions over several services.
        .target(
            name: "RepriseHTTP",
            dependencies: [
                "Model", "Platform", "Transactions", "Coordination", "RepriseServer", hummingbird,
                httpClient, httpTypes, nioCore, nioHTTP1, logging,
            ], swiftSettings: settings),
        // What a test starts and kills.
        .executableTarget(
            name: "chain-process",
            dependencies: [
                "RepriseHTTP", "RepriseServer", "Reprise", "ReprisePostgres", "Coordination",
                "Transactions", "Model", hummingbird, httpClient, nioCore, nioHTTP1, logging,
                lifecycle,
                signals,
            ], path: "Tests/Support/ChainProcess", swiftSettings: settings),
        .testTarget(
            name: "RepriseHTTPTests",
            dependencies: [
                "chain-process", "RepriseCommand", "PostgresSupport",
                "RepriseHTTP", "RepriseServer", "Reprise", "RepriseTestKit", "Coordination",
                "Transactions", "Model", "TestSupport", hummingbird, hummingbirdTesting, httpClient,
                httpTypes, nioCore, nioHTTP1, logging,
            ], swiftSettings: settings),
        .target(
            name: "CertificateSupport",
            dependencies: ["RepriseServer", asn1, certificates, crypto],
            path: "Tests/Support/CertificateSupport", swiftSettings: settings),
        .testTarget(
            name: "RepriseServerTests",
            dependencies: [
                "Traces", tracing, memoryTracing,
                "CertificateSupport", nioEmbedded, nioHTTP1, nioHTTPTypes, nioSSL,
                "RepriseServer", "RepriseSignature", "ReprisePostgres", "Model", "Sessions",
                "Reprise", "TestSupport",
                hummingbird,
                hummingbirdTesting, httpClient, httpTypes, nioCore, logging, metrics, coreMetrics,
                lifecycle, yams,
            ], swiftSettings: settings),
        .target(
            name: "RepriseDemo",
            dependencies: [
                "Model", "Kafka", "Sessions", "Transactions", "Coordination", "Recovery", "Reprise",
                "ReprisePostgres", "RepriseServer", hummingbird, httpClient, httpTypes, nioCore,
                nioHTTP1, logging, grdb,
            ],
            swiftSettings: settings),
        // The examples, which are a package of their own for everybody else: built here once more, so
        // that the tests need not build the library a second time for them.
        .target(
            name: "UserService", dependencies: ["Reprise"],
            path: "Examples/Sources/UserService", swiftSettings: exampleSettings),
        .executableTarget(
            name: "SignUp", dependencies: ["UserService", "Reprise", logging],
            path: "Examples/Sources/SignUp", swiftSettings: exampleSettings),
        .executableTarget(
            name: "Worker", dependencies: ["UserService", "Reprise", logging, lifecycle],
            path: "Examples/Sources/Worker", swiftSettings: exampleSettings),
        // Those that people of other teams start from, run against a broker and a node.
        .executableTarget(
            name: "outcome-consumer", dependencies: ["Reprise", logging, lifecycle],
            path: "Examples/Sources/OutcomeConsumer", swiftSettings: exampleSettings),
        .testTarget(
            name: "ExampleTests",
            dependencies: [
                "outcome-consumer", "RepriseCommand", "Reprise", "Kafka", "Model",
                "RepriseTestKit", "TestSupport", logging,
            ], exclude: ["Programs"], swiftSettings: settings),
        .testTarget(
            name: "DemoTests",
            dependencies: [
                "RepriseDemo", "Kafka", "Transactions", "Model", "Reprise", "RepriseServer",
                "TestSupport", httpClient, lifecycle, logging, nioCore,
            ], swiftSettings: settings),
        .executableTarget(
            name: "RepriseCommand",
            dependencies: [
                "Model", "Sessions", "Transactions", "Coordination", "Journal", "Kafka", "Platform",
                "WAL", "Reprise", "ReprisePostgres", "RepriseHTTP", "RepriseServer",
                "RepriseDemo", arguments,
                httpClient, nioCore, nioHTTP1,
                logging,
                lifecycle,
                signals,
            ], swiftSettings: settings),
        .testTarget(
            name: "RepriseCommandTests",
            dependencies: [
                "CertificateSupport", "RepriseCommand", "RepriseServer", "Reprise", "Kafka",
                "Model",
                "Platform", "Sessions", "TestSupport", arguments, logging, lifecycle,
            ], swiftSettings: settings),

        // Resources of transactions.
        .target(
            name: "RepriseSQLite", dependencies: ["Model", "Platform", "Transactions", grdb],
            swiftSettings: settings),
        .target(
            name: "PostgresSupport",
            dependencies: ["CPostgres", "TestSupport"],
            path: "Tests/Support/PostgresSupport", swiftSettings: settings),
        .testTarget(
            name: "ReprisePostgresTests",
            dependencies: [
                "ReprisePostgres", "RepriseTestKit", "Model", "Platform", "WAL", "Transactions",
                "Journal", "Coordination", "PostgresSupport", "TestSupport", logging,
            ], swiftSettings: settings),
        .testTarget(
            name: "TransactionNodeTests",
            dependencies: [
                "RepriseServer", "Reprise", "ReprisePostgres", "Transactions", "Model", "Kafka",
                "PostgresSupport", "TestSupport", hummingbird, hummingbirdTesting, httpTypes,
                nioCore, logging,
            ], swiftSettings: settings),
        .testTarget(
            name: "RepriseSQLiteTests",
            dependencies: [
                "RepriseSQLite", "RepriseTestKit", "Model", "Transactions", "TestSupport", grdb,
            ], swiftSettings: settings),
    ]
}

if withFuzzers {
    let layers: Set = ["CPlatform", "Model", "Platform", "Transactions", "WAL"]
    targets.removeAll { !layers.contains($0.name) }
    products = []
    dependencies = [
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ]
    func fuzzer(_ name: String, _ folder: String, _ dependencies: [Target.Dependency]) -> Target {
        // libFuzzer brings the main function.
        .executableTarget(
            name: name, dependencies: dependencies, path: "Tests/Fuzz/\(folder)",
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])
    }
    targets += [
        // What reads requests and the answers of handlers, without the server around it.
        .target(
            name: "RequestText", dependencies: ["Model", httpTypes], path: "Sources/RepriseServer",
            sources: [
                "API/Batch.swift", "API/OpenRequest.swift", "API/Operation.swift",
                "API/OperationReader.swift", "API/PhaseName.swift", "API/RequestFields.swift",
                "API/RequeueOrder.swift", "API/Route.swift", "API/SessionFilter.swift",
                "Handlers/HandlerAnswer.swift", "Handlers/RetryAfter.swift", "JSON",
                "Server/QueryReader.swift", "Server/Scope.swift",
            ], swiftSettings: settings),
        .target(
            name: "SimulatedFiles", dependencies: ["Model", "Platform"],
            path: "Tests/Support/TestSupport",
            sources: [
                "SimulatedDisk.swift", "SimulatedFile.swift", "SimulatedFileSystem.swift",
                "SimulatedRandom.swift", "SimulatedTime.swift",
            ], swiftSettings: settings),
        fuzzer("fuzz-events", "Events", ["Model", "Transactions"]),
        fuzzer("fuzz-frames", "Frames", ["Model", "SimulatedFiles", "WAL"]),
        fuzzer("fuzz-requests", "Requests", ["Model", "RequestText"]),
    ]
}

if withBenchmarks {
    products += [.executable(name: "reprise-bench", targets: ["Bench"])]
    targets += [
        .systemLibrary(
            name: "CSQLite", path: "Benchmarks/CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "CFloor", path: "Benchmarks/CFloor"),
        .executableTarget(
            name: "Bench",
            dependencies: [
                "CFloor", "CSQLite", "Reprise", "Model", "Platform", "WAL", "Kafka", "Sessions",
                "Transactions", "Journal", "Mirror", "Recovery", "Coordination", "RepriseTestKit",
                "ReprisePostgres", collections, logging,
            ], path: "Benchmarks/Bench", swiftSettings: settings),
    ]
}

let package = Package(
    name: "reprise",
    platforms: [.macOS(.v15)],
    products: products,
    dependencies: dependencies,
    targets: targets)
