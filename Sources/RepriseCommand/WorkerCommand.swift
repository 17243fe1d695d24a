internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import Logging
internal import Reprise
internal import RepriseServer
internal import ServiceLifecycle
internal import UnixSignals

/// `reprise worker`: a member of the recovery group.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run a worker of the recovery group: hands due sessions to their handlers.")

    @OptionGroup var options: SettingsOptions
    @Option(help: "Write the API's port to this file once it listens.")
    var portFile: String?

    func run() async throws {
        let settings = try options.load()
        let (logger, registry) = Telemetry.start(settings)
        if settings.handlers.isEmpty {
            logger.warning(
                "no kind has a handler.url: this worker will own partitions and recover nothing",
                metadata: ["reprise.error.code": "handlerMissing"])
        }
        let client = HTTPHandler.makeClient()
        do {
            try await work(settings, client, registry, logger)
            try await client.shutdown()
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func work(
        _ settings: Settings, _ client: HTTPClient, _ registry: PrometheusRegistry,
        _ logger: Logger
    ) async throws {
        let worker = try await RecoveryWorker.start(
            settings.reprise, handlers: HTTPRecovery.handlers(settings, client: client),
            logger: logger)
        registry.collect { NodeMetrics.samples(worker.operations.partitions()) }
        let portFile = self.portFile
        let store = WorkerStore(worker, name: settings.reprise.node)
        let operators = Operators(store, logger: logger)
        let server = try APIServer(
            store: store, operators: operators, configuration: settings.server, registry: registry,
            logger: logger
        ) { port in
            logger.info("listening", metadata: ["reprise.server.port": "\(port)"])
            if let portFile { try? Data("\(port)\n".utf8).write(to: URL(filePath: portFile)) }
        }
        let group = ServiceGroup(
            services: [worker, server, operators.sampler],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        try await group.run()
    }
}
