internal import Hummingbird
internal import HummingbirdCore
public import Logging
public import Model
internal import NIOCore
public import ServiceLifecycle

/// The HTTP API over a session store, as a service: runs until it is told to shut down, then answers
/// what it has begun and stops.
public struct APIServer<Store: SessionStore>: Service {
    private let store: Store
    private let operators: Operators
    private let configuration: ServerConfiguration
    private let registry: PrometheusRegistry
    private let gatekeeper: Gatekeeper
    private let logger: Logger
    private let onRunning: @Sendable (Int) async -> Void

    /// `onRunning` is told the port once connections are accepted.
    /// Throws `configuration` when other machines could reach the API and there is no token.
    public init(
        store: Store, operators: Operators, configuration: ServerConfiguration,
        registry: PrometheusRegistry, logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(RepriseError) {
        try configuration.check()
        self.store = store
        self.operators = operators
        self.configuration = configuration
        self.registry = registry
        gatekeeper = Gatekeeper(tokens: configuration.knownTokens)
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Throws `configuration` when the address cannot be listened on.
    public func run() async throws {
        do {
            try await application.run()
        } catch let error as any Error & CustomStringConvertible where error is IOError {
            throw RepriseError(
                .configuration,
                "Cannot listen on \(configuration.host):\(configuration.port). Choose another "
                    + "server.host or server.port, or stop the program that has it.",
                cause: error.description)
        }
    }

    /// For tests, which run it in their own way.
    var application: some ApplicationProtocol {
        let router = APIRouter(
            store: store, operators: operators, configuration: configuration, registry: registry,
            gatekeeper: gatekeeper)
        let channel = HTTP1Channel.Configuration(
            idleTimeout: .milliseconds(configuration.idleTimeout),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)
        )
        let onRunning = onRunning
        return Application(
            router: router.router(), server: .http1(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "reprise",
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.maxConnections)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? 0) },
            logger: logger)
    }
}
