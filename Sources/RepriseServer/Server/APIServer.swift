internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
public import Logging
public import Model
internal import NIOCore
public import ServiceLifecycle
internal import Synchronization

/// The HTTP API over a session store, as a service: runs until it is told to shut down, then answers
/// what it has begun and stops.
public struct APIServer<Store: SessionStore>: Service {
    private let store: Store
    private let operators: Operators
    private let configuration: ServerConfiguration
    private let registry: PrometheusRegistry
    private let credentials: ServerCredentials
    private let logger: Logger
    private let onRunning: @Sendable (Int) async -> Void

    /// `onRunning` is told the port once connections are accepted.
    /// Give `credentials` to replace them while the server runs; else they are made of
    /// `configuration`. Throws `configuration` when other machines could reach the API and there is
    /// no token, or where the certificate cannot be used.
    public init(
        store: Store, operators: Operators, configuration: ServerConfiguration,
        registry: PrometheusRegistry, credentials: ServerCredentials? = nil, logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws(RepriseError) {
        try configuration.check()
        self.store = store
        self.operators = operators
        self.configuration = configuration
        self.registry = registry
        if let credentials {
            self.credentials = credentials
        } else {
            self.credentials = try ServerCredentials(configuration)
        }
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Throws `configuration` when the address cannot be listened on.
    public func run() async throws {
        let isListening = Atomic(false)
        let application = try application { isListening.store(true, ordering: .relaxed) }
        do {
            try await application.run()
        } catch  where !isListening.load(ordering: .relaxed) && !(error is CancellationError) {
            throw RepriseError(
                .configuration,
                "Cannot listen on \(configuration.host):\(configuration.port). Choose another "
                    + "server.host or server.port, or stop the program that has it.",
                cause: "\(error)")
        }
    }

    /// For tests, which run it in their own way.
    func application(
        _ listens: @escaping @Sendable () -> Void = {}
    ) throws -> some ApplicationProtocol {
        let router = APIRouter(
            store: store, operators: operators, configuration: configuration, registry: registry,
            gatekeeper: credentials.gatekeeper)
        let onRunning = onRunning
        return Application(
            router: router.router(), server: try channels(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "reprise",
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.maxConnections)),
            onServerRunning: {
                listens()
                await onRunning($0.localAddress?.port ?? 0)
            },
            logger: logger)
    }

    /// What each connection is made of, with and without TLS.
    private func channels() throws -> HTTPServerBuilder {
        let (request, idle) = (configuration.requestTimeout, configuration.idleTimeout)
        let plain = HTTPServerBuilder.http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    ConnectionDeadlines(
                        requestTimeout: .milliseconds(request), idleTimeout: .milliseconds(idle))
                ],
                idleTimeout: .milliseconds(idle),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: configuration.maxHeaderBytes / 2,
                    maxHeaderListSize: configuration.maxHeaderBytes, maxHeaderFieldCount: 100)))
        guard let certificate = credentials.certificate else { return plain }
        return try .tls(plain, tlsConfiguration: certificate.configuration())
    }
}
