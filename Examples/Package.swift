// swift-tools-version: 6.2
import PackageDescription

// Programs that use Reprise as anybody would: through its public library only.
// `../scripts/examples.sh` builds and runs them.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]

let reprise = Target.Dependency.product(name: "Reprise", package: "reprise")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "reprise-examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        // Named, so that it is found whatever the folder is called.
        .package(name: "reprise", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // The services and the work that has to be protected; both programs use it.
        .target(name: "UserService", dependencies: [reprise], swiftSettings: settings),
        .executableTarget(
            name: "SignUp", dependencies: ["UserService", reprise, logging],
            swiftSettings: settings),
        .executableTarget(
            name: "Worker", dependencies: ["UserService", reprise, logging, lifecycle],
            swiftSettings: settings),
        // The package itself builds it as well, for its tests.
        .executableTarget(
            name: "OutcomeConsumer", dependencies: [reprise, logging, lifecycle],
            swiftSettings: settings),
    ])
