import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import ServiceLifecycle
import Sessions
import Synchronization
import Testing

@testable import RepriseServer

/// Against a server of our own that answers as each test wants.
@Suite struct HTTPHandlerTests {
    struct Answer: Sendable {
        var status = HTTPResponse.Status.ok
        var headers: HTTPFields = [:]
        var body = ""

        static func json(_ body: String, _ status: HTTPResponse.Status = .ok) -> Answer {
            Answer(status: status, headers: [.contentType: "application/json"], body: body)
        }
    }

    struct Seen: Sendable {
        var path = ""
        var headers: HTTPFields = [:]
        var body = ""
    }

    /// Runs `body` with the URL of a server that gives `answer` and notes what it was asked.
    private func withServer(
        _ answer: @escaping @Sendable (Request) async -> Answer,
        _ body: @Sendable (String, HTTPClient, Noted) async throws -> Void
    ) async throws {
        let noted = Noted()
        let router = Router()
        router.on("**", method: .post) { request, _ in
            let text = String(buffer: try await request.body.collect(upTo: 4 << 20))
            noted.add(Seen(path: request.uri.path, headers: request.headers, body: text))
            let answer = await answer(request)
            return Response(
                status: answer.status, headers: answer.headers,
                body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body)))
        }
        let (ports, running) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let client = HTTPHandler.makeClient()
        let group = ServiceGroup(services: [application], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = await ports.first { _ in true } ?? 0
            let result: Result<Void, any Error>
            do {
                result = .success(try await body("http://127.0.0.1:\(port)/handle", client, noted))
            } catch {
                result = .failure(error)
            }
            try await client.shutdown()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    final class Noted: Sendable {
        private let requests = Mutex<[Seen]>([])
        func add(_ request: Seen) { requests.withLock { $0.append(request) } }
        var all: [Seen] { requests.withLock { $0 } }
    }

    private func outcome(
        of answer: Answer, now: Int64 = 0
    ) async throws -> (HandlerOutcome, [[UInt8]]) {
        let (session, run) = try Fixture.running()
        let kept = Mutex<(HandlerOutcome, [[UInt8]])?>(nil)
        try await withServer({ _ in answer }) { url, client, noted in
            let handler = HTTPHandler(
                HandlerEndpoint(url: url), timeout: 120_000, callbackURL: "http://n1:7171",
                client: client, now: { Timestamp(milliseconds: now) })
            let given = await handler.run(session, run)
            kept.withLock { $0 = (given.outcome, given.newRecords) }
            #expect(noted.all.count == 1, "one request, whatever it answers")
        }
        return try #require(kept.withLock { $0 })
    }

    @Test func postsTheSession() async throws {
        let (session, run) = try Fixture.running()
        let token = try AccessToken("a-token-for-the-handler")
        try await withServer({ _ in Answer() }) { url, client, noted in
            let handler = HTTPHandler(
                HandlerEndpoint(url: url, token: token), timeout: 120_000,
                callbackURL: "http://n1:7171", client: client)
            let given = await handler.handler(session, run)
            #expect(given.outcome == .complete)
            #expect(given.newRecords.isEmpty)
            let seen = try #require(noted.all.first)
            #expect(seen.path == "/handle")
            #expect(seen.headers[.contentType] == "application/json")
            #expect(seen.headers[.authorization] == "Bearer a-token-for-the-handler")
            let name = try #require(HTTPField.Name("traceparent"))
            #expect(seen.headers[name] == Fixture.trace)
            let state = try #require(HTTPField.Name("tracestate"))
            #expect(seen.headers[state] == nil, "a value that is no header value stays behind")
            let json = try #require(JSON(seen.body))
            #expect(json["id"]?.string == session.id.description)
            #expect(json["kind"]?.string == "order")
            #expect(json["attempt"]?.integer == 1)
            #expect(json["token"]?.string == run.token.description)
            #expect(json["deadlineMs"]?.integer == run.deadline.milliseconds)
            #expect(json["callback"]?.string == "http://n1:7171/v1/sessions/\(session.id)")
            #expect(json["records"]?.array?.map(\.string) == ["AP8="])
            #expect(json["headers"]?.array?.count == session.headers.count)
        }
    }

    static let answers: [(Answer, HandlerOutcome)] = [
        (Answer(), .complete),
        (Answer(status: .noContent), .complete),
        (Answer(body: "fine"), .complete),
        (Answer(body: #"{"outcome":"park"}"#), .complete),  // Not said to be JSON.
        (.json(#"{"ok":true}"#), .complete),
        (.json(#""ok""#), .complete),
        (.json(#"{"outcome":"complete"}"#, .accepted), .complete),
        (
            .json(#"{"outcome":"retry","afterMs":250,"reason":"r"}"#),
            .retry(after: 250, reason: "r")
        ),
        (.json(#"{"outcome":"retry"}"#), .retry(after: nil)),
        (.json(#"{"outcome":"park","reason":"no such plan"}"#), .park(reason: "no such plan")),
        (
            .json(#"{"outcome":"unavailable","afterMs":5,"reason":"db"}"#),
            .unavailable(after: 5, reason: "db")
        ),
        (
            Answer(status: .unauthorized),
            .failed(
                .handlerFailed,
                reason: "The handler answered 401: it does not accept handler.tokenFile or the "
                    + "signature.")
        ),
        (Answer(status: .badRequest), .park(reason: "The handler answered 400.")),
        (.json(#"{"reason":"bad id"}"#, .notFound), .park(reason: "bad id")),
        (Answer(status: .tooManyRequests), .unavailable(reason: "The handler answered 429.")),
        (
            Answer(status: .serviceUnavailable, headers: [.retryAfter: "7"]),
            .unavailable(after: 7_000, reason: "The handler answered 503.")
        ),
        (
            Answer(
                status: .tooManyRequests, headers: [.retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT"]),
            .unavailable(after: 37_000, reason: "The handler answered 429.")
        ),
        (
            Answer(status: .serviceUnavailable, headers: [.retryAfter: "soon"]),
            .unavailable(reason: "The handler answered 503.")
        ),
        (
            Answer(status: .internalServerError),
            .failed(.handlerFailed, reason: "The handler answered 500.")
        ),
        (Answer(status: .badGateway), .failed(.handlerFailed, reason: "The handler answered 502.")),
    ]

    @Test(arguments: answers)
    func eachAnswerHasItsOutcome(answer: Answer, wanted: HandlerOutcome) async throws {
        let (outcome, records) = try await outcome(of: answer, now: 784_111_740_000)
        #expect(outcome == wanted)
        #expect(records.isEmpty)
    }

    @Test func newRecordsComeBack() async throws {
        let (outcome, records) = try await outcome(
            of: .json(#"{"outcome":"retry","records":["YQ==","AP8="]}"#))
        #expect(outcome == .retry(after: nil))
        #expect(records == [[0x61], [0, 255]])
    }

    @Test(arguments: [
        #"{"outcome":"done"}"#, #"{"outcome":7}"#, #"{"afterMs":-1}"#, #"{"records":["a"]}"#, "{",
        #"{"records":"#,
    ])
    func anAnswerThatCannotBeReadIsACountedFailure(body: String) async throws {
        let (outcome, records) = try await outcome(of: .json(body))
        guard case .failed(.handlerFailed, let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.hasPrefix("The answer cannot be read: "))
        #expect(records.isEmpty)
    }

    @Test func aRedirectIsNotFollowed() async throws {
        let (outcome, _) = try await outcome(
            of: Answer(status: .temporaryRedirect, headers: [.location: "/elsewhere"]))
        guard case .failed(.handlerFailed, let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.contains("handler.url"))
    }

    @Test func anAnswerIsLimited() async throws {
        let long = String(repeating: "x", count: HTTPHandler.maxAnswerBytes + 1)
        let (outcome, _) = try await outcome(of: Answer(body: long))
        #expect(
            outcome
                == .failed(.handlerFailed, reason: "The answer is longer than 1048576 bytes."))
    }

    @Test func aHandlerThatDoesNotAnswerTimesOut() async throws {
        let (session, run) = try Fixture.running()
        let (gate, open) = AsyncStream<Void>.makeStream()
        try await withServer({ _ in
            _ = await gate.first { _ in true }
            return Answer()
        }) { url, client, _ in
            let handler = HTTPHandler(
                HandlerEndpoint(url: url), timeout: 50, callbackURL: "http://n1", client: client)
            let given = await handler.run(session, run)
            open.finish()
            #expect(
                given.outcome
                    == .failed(.handlerTimeout, reason: "The handler did not answer in time."))
        }
    }

    @Test func aRunThatIsCancelledTimesOut() async throws {
        let (session, run) = try Fixture.running()
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (asked, ask) = AsyncStream<Void>.makeStream()
        try await withServer({ _ in
            ask.yield()
            _ = await gate.first { _ in true }
            return Answer()
        }) { url, client, _ in
            let handler = HTTPHandler(
                HandlerEndpoint(url: url), timeout: 60_000, callbackURL: "http://n1",
                client: client)
            let task = Task { await handler.run(session, run).outcome }
            _ = await asked.first { _ in true }
            task.cancel()
            let outcome = await task.value
            open.finish()
            guard case .failed(.handlerTimeout, _) = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }
    }

    @Test func aRefusedConnectionIsACountedFailure() async throws {
        let (session, run) = try Fixture.running()
        let client = HTTPHandler.makeClient()
        let handler = HTTPHandler(
            HandlerEndpoint(url: "http://127.0.0.1:1/handle"), timeout: 120_000,
            callbackURL: "http://n1", client: client)
        let given = await handler.run(session, run)
        try await client.shutdown()
        guard case .failed(.handlerFailed, let reason) = given.outcome else {
            Issue.record("\(given.outcome)")
            return
        }
        #expect(reason == "The handler is not reached: Connection refused.")
    }

    @Test func nothingIsPostedWhileNobodyCouldCallBack() async throws {
        let settings = try Settings.load(file: nil, environment: [:], flags: [("server.port", "0")])
        let callback = CallbackAddress(settings)
        let (session, run) = try Fixture.running()
        try await withServer({ _ in Answer() }) { url, client, noted in
            let handler = HTTPHandler(
                HandlerEndpoint(url: url), timeout: 120_000, callbackURL: callback.url,
                client: client)
            guard case .unavailable = await handler.run(session, run).outcome else {
                Issue.record("posted without an address")
                return
            }
            #expect(noted.all.isEmpty)
            callback.listens(on: 4711)
            #expect(await handler.run(session, run).outcome == .complete)
            let json = try #require(noted.all.first.flatMap { JSON($0.body) })
            #expect(
                json["callback"]?.string == "http://127.0.0.1:4711/v1/sessions/\(session.id)")
        }
    }

    @Test(arguments: [
        ([("server.port", "4711")], "http://127.0.0.1:4711"),
        ([("server.port", "0"), ("server.callbackURL", "http://n1")], "http://n1"),
    ])
    func anAddressThatIsKnownStays(flags: [(key: String, value: String)], url: String) throws {
        let callback = CallbackAddress(
            try Settings.load(file: nil, environment: [:], flags: flags))
        #expect(callback.url == url)
        callback.listens(on: 1)
        #expect(callback.url == url)
    }
}

@Suite struct RetryAfterTests {
    @Test(
        arguments: [
            ("0", 0), ("120", 120_000), ("99999999999999999", Int64.max),
            ("Thu, 01 Jan 1970 00:00:10 GMT", 0),
            ("Sun, 06 Nov 1994 08:50:37 GMT", 60_000),
            ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800_000 - 784_111_777_000),
        ] as [(String, Int64)])
    func reads(text: String, delay: Int64) {
        #expect(
            RetryAfter.delay(text, now: { Timestamp(milliseconds: 784_111_777_000) }) == delay)
    }

    @Test(arguments: [
        "", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "a b c d e f",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 99999999999 08:49:37 GMT",
    ])
    func refuses(text: String) {
        #expect(RetryAfter.delay(text, now: { .zero }) == nil)
    }
}

/// A session in a run, made by the fold.
enum Fixture {
    static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    static func running() throws -> (Session, Run) {
        var table = SessionTable()
        let writer = Writer(node: "n1", incarnation: 1)
        let id = SessionID(high: 1, low: 2)
        let opening = Event.Opening(
            kind: Kind(unchecked: "order"), record: [0, 255],
            headers: [
                Header("TraceParent", trace), Header("tracestate", "bad\r\nx-evil: 1"),
                Header("tenant", "7"),
            ], lease: Timestamp(milliseconds: 1_000), time: .zero)
        let claim = Event.Claim(
            attempt: 1, deadline: Timestamp(milliseconds: 9_000),
            time: Timestamp(milliseconds: 1_000))
        let events: [Event] = [
            Event(session: Event.noSession, body: .owner(writer)),
            Event(session: id, sequence: 1, body: .opened(opening)),
            Event(session: id, body: .claimed(claim)),
        ]
        for (index, event) in events.enumerated() {
            table.apply(
                event, at: Position(sequence: UInt64(index) + 1), from: Origin(writer: writer))
        }
        let session = try #require(table[id])
        return (session, try #require(session.run))
    }
}
