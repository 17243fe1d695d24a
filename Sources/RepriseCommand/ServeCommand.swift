internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import Logging
internal import Coordination
internal import Reprise
internal import RepriseHTTP
internal import ReprisePostgres
internal import RepriseServer
internal import ServiceLifecycle
internal import UnixSignals

/// `reprise serve`: a node.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a node: HTTP API, journal, and the mirror to Kafka.",
        discussion: """
            Without kafka.brokers, or with --standalone, the node recovers its sessions itself: in \
            this process, with the handlers that are configured.
            """)

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Recover in this process, even if kafka.brokers is set.")
    var standalone = false
    @Option(help: "Write the API's port to this file once it listens.")
    var portFile: String?

    func run() async throws {
        var settings = try options.load()
        if standalone { settings.reprise.kafka = nil }
        let (logger, registry) = Telemetry.start(settings)
        let client = try HTTPHandler.makeClient(settings.outgoing)
        do {
            try await serve(settings, client, registry, logger)
            try await client.shutdown()
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    private func serve(
        _ settings: Settings, _ client: HTTPClient, _ registry: PrometheusRegistry,
        _ logger: Logger
    ) async throws {
        let callback = CallbackAddress(settings)
        let resources = try settings.resources.map { try $0.resource() }
        defer { for resource in resources { resource.close() } }
        let node = try await Reprise.open(
            settings.reprise,
            handlers: HTTPRecovery.handlers(settings, client: client, callback: callback),
            resources: settings.everyResource(resources, client), logger: logger)
        if let superiors = try settings.superiors(client) {
            node.transactions.participants.connect(superiors)
        }
        registry.collect { node.sessions.samples() }
        let portFile = self.portFile
        let inspection =
            settings.reprise.kafka == nil
            ? nil : try GroupInspection(settings.reprise, logger: logger)
        let store = NodeStore(node, name: settings.reprise.node, group: inspection)
        let credentials = try ServerCredentials(settings.server)
        let reloader = reloader(of: node, settings, client, callback, credentials)
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
                // From the last to the first they are told to end.
                node, server, DrainFirst(node: node), operators.sampler,
                ReloadOnHangup(reloader: reloader, logger: logger), notices,
            ],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        try await group.run()
    }

    private func reloader(
        of node: Reprise, _ settings: Settings, _ client: HTTPClient,
        _ callback: CallbackAddress, _ credentials: ServerCredentials
    ) -> Reloader {
        let options = self.options
        return Reloader(
            settings, load: { () throws(RepriseError) in try options.reload() },
            apply: { (settings) throws(RepriseError) in
                try credentials.reload(settings.server)
                try node.reconfigure(
                    kinds: settings.reprise.kinds,
                    handlers: HTTPRecovery.handlers(settings, client: client, callback: callback))
            })
    }
}
