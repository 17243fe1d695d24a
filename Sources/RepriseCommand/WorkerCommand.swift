internal import Platform
internal import Model
internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import Logging
internal import Reprise
internal import ReprisePostgres
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
            logger.report(
                .warning, .handlerMissing,
                settings.resources.isEmpty && settings.participants.isEmpty
                    ? "no kind has a handler.url: this worker will own partitions and recover nothing"
                    : "no kind has a handler.url: this worker will only finish transactions")
        }
        let client = try HTTPHandler.makeClient(settings.outgoing)
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
        let callback = CallbackAddress(settings)
        let resources = try settings.resources.map { try $0.resource() }
        defer { for resource in resources { resource.close() } }
        let worker = try await RecoveryWorker.start(
            settings.reprise,
            handlers: HTTPRecovery.handlers(settings, client: client, callback: callback),
            resources: settings.everyResource(resources, client), logger: logger)
        registry.collect { worker.operations.samples() }
        let portFile = self.portFile
        let inspection = try GroupInspection(settings.reprise, logger: logger)
        let store = WorkerStore(worker, name: settings.reprise.node, group: inspection)
        let credentials = try ServerCredentials(settings.server)
        let reloader = reloader(of: worker, settings, client, callback, credentials)
        let operators = Operators(store, reloader: reloader, logger: logger)
        let notices = ServiceNotices(logger: logger) { _ = await store.health() }
        let server = try APIServer(
            store: store, operators: operators, configuration: settings.server, registry: registry,
            credentials: credentials, logger: logger
        ) { port in
            callback.listens(on: port)
            logger.info("listening", metadata: ["reprise.server.port": "\(port)"])
            if let portFile { try? Data("\(port)\n".utf8).write(to: URL(filePath: portFile)) }
            notices.isReady()
        }
        let group = ServiceGroup(
            services: [
                // From the last to the first they are told to end: handlers write to their sessions over
                // the API while the worker drains.
                server, worker, operators.sampler,
                ReloadOnHangup(reloader: reloader, logger: logger), notices,
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        try await group.run()
    }

    private func reloader(
        of worker: RecoveryWorker, _ settings: Settings, _ client: HTTPClient,
        _ callback: CallbackAddress, _ credentials: ServerCredentials
    ) -> Reloader {
        let options = self.options
        return Reloader(
            settings, load: { () throws(RepriseError) in try options.reload() },
            apply: { (settings) throws(RepriseError) in
                try credentials.reload(settings.server)
                try worker.reconfigure(
                    kinds: settings.reprise.kinds,
                    handlers: HTTPRecovery.handlers(settings, client: client, callback: callback))
            })
    }
}
