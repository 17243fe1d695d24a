public import AsyncHTTPClient
internal import Foundation
internal import Glibc
public import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import RepriseSignature
public import Sessions
internal import Traces

/// Hands a run to whoever finishes the work. Records that come back are appended before the outcome
/// is written.
public typealias RunHandler =
    @Sendable (Session, Run) async -> (outcome: HandlerOutcome, newRecords: [[UInt8]])

/// A handler that is reached over HTTP: posts the session as JSON and reads the outcome from the
/// answer. schemas/openapi.yaml describes both, under `webhooks`.
public struct HTTPHandler: Sendable {
    /// Bytes of an answer; a longer one counts as a failure.
    public static let maxAnswerBytes = 1 << 20

    private let endpoint: HandlerEndpoint
    private let timeout: Milliseconds
    private let callbackURL: @Sendable () -> String?
    private let client: HTTPClient
    private let now: @Sendable () -> Timestamp

    /// `timeout` is for the whole exchange; a handler that may extend its deadline needs one as long
    /// as the extensions, and a caller that cancels the run in time. `client` must not follow
    /// redirects: see `makeClient`. `now` is the wall clock, for signatures and for a `Retry-After`
    /// with a date. While `callbackURL` is nil no run is posted; each waits for a moment, uncounted.
    public init(
        _ endpoint: HandlerEndpoint, timeout: Milliseconds,
        callbackURL: @autoclosure @escaping @Sendable () -> String?,
        client: HTTPClient, now: @escaping @Sendable () -> Timestamp = HTTPHandler.wallClock
    ) {
        self.endpoint = endpoint
        self.timeout = timeout
        self.callbackURL = callbackURL
        self.client = client
        self.now = now
    }

    /// A client fit for handlers: over https it wants TLS 1.2 or newer, and a certificate for the
    /// host's name. Whoever makes it shuts it down. Throws `configuration` for a `caFile` that
    /// cannot be used.
    public static func makeClient(
        _ outgoing: OutgoingConfiguration
    ) throws(RepriseError) -> HTTPClient {
        let client = makeClient(tls: try outgoing.tls())
        return client
    }

    /// The same, trusting the system's authorities.
    public static func makeClient() -> HTTPClient { makeClient(tls: .makeClientConfiguration()) }

    private static func makeClient(tls: TLSConfiguration) -> HTTPClient {
        var tls = tls
        tls.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5)))
        // Handlers are bounded by the dispatcher, not by the pool.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1_024
        // Shorter than what servers use, so that a request seldom meets a closing connection.
        configuration.connectionPool.idleTimeout = .seconds(4)
        // What a handler's host does not accept must come back to the retry policy, soon.
        configuration.connectionPool.retryConnectionEstablishment = false
        // The run's span is made here; without a tracer the session's own context travels.
        configuration.tracing.tracer = nil
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// The form that a dispatcher takes.
    public var handler: RunHandler {
        { session, run in await self.run(session, run) }
    }

    /// Never throws: whatever goes wrong is an outcome.
    public func run(
        _ session: Session, _ run: Run
    ) async -> (outcome: HandlerOutcome, newRecords: [[UInt8]]) {
        guard let callbackURL = callbackURL() else {
            return (
                .unavailable(after: 100, reason: "This process does not listen yet."), []
            )
        }
        let span = Spans.found?.start(.handlerRequest)
        span?.set(.method, "POST")
        defer { span?.end() }
        do {
            let response = try await client.execute(
                try request(session, run, callbackURL, trace: span?.headers ?? session.headers),
                timeout: .milliseconds(timeout))
            span?.set(.status, Int(response.status.code))
            let body = try await response.body.collect(upTo: HTTPHandler.maxAnswerBytes)
            let answer = HandlerAnswer(
                status: Int(response.status.code),
                contentType: response.headers.first(name: "content-type"),
                retryAfter: response.headers.first(name: "retry-after"),
                body: Array(body.readableBytesView))
            return answer.outcome(now: now)
        } catch {
            span?.fail()
            return (HTTPHandler.outcome(of: error), [])
        }
    }

    private func request(
        _ session: Session, _ run: Run, _ callbackURL: String, trace: [Header]
    ) throws -> HTTPClientRequest {
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "reprise")
        if let token = endpoint.token {
            request.headers.add(name: "authorization", value: token.headerValue)
        }
        for header in trace {
            let name = header.name.lowercased()
            guard name == "traceparent" || name == "tracestate",
                header.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
                !request.headers.contains(name: name)
            else { continue }
            request.headers.add(name: name, value: header.value)
        }
        let callback = "\(callbackURL)/v1/sessions/\(session.id)"
        let body = Array(try WireJSON.encode(RunBody(session, run, callback: callback)))
        if let signer = endpoint.signer {
            let signed = try signer.headers(
                method: "POST", target: RequestTarget.of(endpoint.url), body: body,
                timestamp: now().milliseconds / 1_000)
            for (name, value) in signed { request.headers.add(name: name, value: value) }
        }
        request.body = .bytes(body)
        return request
    }

    private static func outcome(of error: any Error) -> HandlerOutcome {
        switch error {
        case is NIOTooManyBytesError:
            .failed(.handlerFailed, reason: "The answer is longer than \(maxAnswerBytes) bytes.")
        case let error as HTTPClientError where error == .connectTimeout:
            .failed(.handlerFailed, reason: "The handler could not be connected to in time.")
        case let error as HTTPClientError
        where error == .deadlineExceeded || error == .readTimeout || error == .cancelled:
            .failed(.handlerTimeout, reason: "The handler did not answer in time.")
        case is CancellationError:
            .failed(.handlerTimeout, reason: "The handler did not answer in time.")
        default:
            .failed(
                .handlerFailed,
                reason: "The handler is not reached: \(ConnectionFailure.text(error)).")
        }
    }

    /// The system's wall clock.
    public static let wallClock: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// A run as it is posted.
struct RunBody: Encodable {
    var id: String
    var kind: String
    var attempt: UInt32
    var token: String
    var deadlineMs: Int64
    var createdMs: Int64
    var callback: String
    var headers: [HeaderFields]
    var records: [Data]

    init(_ session: Session, _ run: Run, callback: String) {
        id = session.id.description
        kind = session.kind.name
        attempt = run.attempt
        token = run.token.description
        deadlineMs = run.deadline.milliseconds
        createdMs = session.created.milliseconds
        self.callback = callback
        headers = session.headers.map { HeaderFields($0) }
        records = session.records.map { Data($0) }
    }
}
