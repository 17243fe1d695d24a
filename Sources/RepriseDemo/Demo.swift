internal import Foundation
internal import Logging
internal import Model
internal import NIOHTTP1
internal import Reprise
internal import RepriseServer

/// The running example, for real: sign-ups across processes, then transfers between two databases,
/// while steps fail and processes are killed.
public struct Demo: Sendable {
    public struct Options: Sendable {
        /// Everything that goes wrong follows from it.
        public var seed: UInt64
        public var signUps = 1_000
        /// Between two databases, after the sign-ups; 0 leaves them out.
        public var transfers = 3_000
        /// host:port; nil starts an embedded broker.
        public var brokers: String?
        /// How partitions are shared; nil is cooperative-sticky.
        public var assignor: String?
        /// Keep the run's directory even if all went well.
        public var keeps = false

        public init(seed: UInt64) {
            self.seed = seed
        }
    }

    /// True when every invariant holds. Throws `DemoError` when the run could not go on. Every
    /// process that was started has ended when it returns or throws.
    public static func run(_ options: Options) async throws -> Bool {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "reprise-demo-\(options.seed)-\(UInt32.random(in: 0...UInt32.max))")
            .path()
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        let processes = try Processes(directory: directory)
        var stage = Stage(options, directory: directory, processes: processes)
        let result: Result<Bool, any Error>
        do {
            result = .success(try await stage.play())
        } catch {
            result = .failure(error)
        }
        await stage.close()
        await processes.endAll()
        if case .success(true) = result, !options.keeps {
            try? FileManager.default.removeItem(atPath: directory)
        } else {
            print("The log of each process is in \(directory)")
        }
        return try result.get()
    }
}
