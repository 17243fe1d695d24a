internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// An HTTP service of the example, on loopback.
enum Service {
    typealias Context = BasicRequestContext

    static func run(
        _ router: Router<Context>, name: String, port: Int, in world: World
    ) async throws {
        var logger = Logger(label: name)
        logger.logLevel = .warning
        let file = world.path("\(name).port")
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in
                try? PortFile.write("\(channel.localAddress?.port ?? 0)", to: file)
            }, logger: logger)
        try await application.run()
    }
}

/// Fails a request before or after it took effect, as its sender asks.
struct FaultMiddleware: RouterMiddleware {
    typealias Context = Service.Context

    static let header = "x-demo-fault"

    func handle(
        _ request: Request, context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let fault = HTTPField.Name(FaultMiddleware.header).flatMap { request.headers[$0] }
        guard let fault else { return try await next(request, context) }
        if fault == "before" { return Response(status: .internalServerError) }
        _ = try? await next(request, context)
        return Response(status: .gatewayTimeout)
    }
}
