public import AsyncHTTPClient
public import Model
public import Reprise

/// A recovery handler that is reached over HTTP.
public struct HTTPRecovery: RecoveryHandler {
    private let handler: HTTPHandler

    public init(_ handler: HTTPHandler) {
        self.handler = handler
    }

    /// One for each kind that a URL is configured for.
    public static func handlers(
        _ settings: Settings, client: HTTPClient, callback: CallbackAddress
    ) -> [Kind: any RecoveryHandler] {
        var handlers: [Kind: any RecoveryHandler] = [:]
        for (kind, endpoint) in settings.handlers {
            // A run may extend its deadline; whoever watches it cancels the call in time.
            handlers[kind] = HTTPRecovery(
                HTTPHandler(
                    endpoint, timeout: settings.reprise.limits.maxLease,
                    callbackURL: callback.url, client: client))
        }
        return handlers
    }

    public func recover(_ session: RecoverySession) async throws -> HandlerOutcome {
        let (outcome, records) = await handler.run(session.source, session.run)
        for record in records { try await session.append(record) }
        return outcome
    }
}
