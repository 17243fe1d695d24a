import Model
import Synchronization
import TestSupport

/// A failure at one step: before it takes effect, after it (the answer is lost), or the client is
/// killed right after it.
enum FailurePoint: String, Sendable, CaseIterable {
    case before, after, clientKilled
}

enum ClientStep: String, Sendable, CaseIterable {
    case m1, m3, m5, m6, m7, m9
}

struct ClientFailure: Error {}

/// The client stops dead: it neither goes on nor closes.
private struct Killed: Error {}

/// What a sign-up writes its session to.
protocol SignUpLog: Sendable {
    func open(_ id: SessionID, record: [UInt8]) async throws
    func append(_ id: SessionID, record: [UInt8]) async throws
    func complete(_ id: SessionID) async throws
    func close(_ id: SessionID) async throws
}

/// The client of the example, steps M1 to M9.
struct SignUpClient: Sendable {
    let world: World
    let log: any SignUpLog
    let id: SessionID
    let nick: String
    var failing: (step: ClientStep, point: FailurePoint)?
    /// Called before and after each step, for tests that take something else away there.
    var hook: @Sendable (ClientStep, FailurePoint) -> Void = { _, _ in }

    /// Runs the steps; leaves on the first error, closing the session unless it was killed.
    func run() async {
        do {
            try await step(.m1) { try await log.open(id, record: Array(nick.utf8)) }
            let user = try await step(.m3) { try world.createUser(nick: nick, key: "\(id)") }
            try await step(.m5) { try await log.append(id, record: Array(user.utf8)) }
            try await step(.m6) { world.createProfile(user) }
            try await step(.m7) { try world.activate(user) }
            try await step(.m9) { try await log.complete(id) }
        } catch is Killed {
        } catch {
            try? await log.close(id)
        }
    }

    @discardableResult
    private func step<Result>(
        _ step: ClientStep, _ body: () async throws -> Result
    ) async throws -> Result {
        hook(step, .before)
        if let failing, failing == (step, .before) { throw ClientFailure() }
        let result = try await body()
        hook(step, .after)
        if let failing, failing == (step, .after) { throw ClientFailure() }
        if let failing, failing == (step, .clientKilled) { throw Killed() }
        return result
    }
}

/// Where the handler fails, each in its first runs.
enum HandlerStep: String, Sendable, CaseIterable {
    case unreachable, deleteByKey, statusRead, profileDelete, userDelete, complete
}

/// The handler of the example, H2 and H3, failing as often as it is told.
final class SignUpRecovery: Sendable {
    enum Way: String, Sendable, CaseIterable { case before, after, hangsAfter }

    struct Failing: Sendable, Hashable {
        var step: HandlerStep
        var way: Way
        var times: Int
    }

    private let world: World
    private let failing: Failing?
    private let failures = Mutex(0)
    /// The runs so far, in the order in which they began.
    let attempts = Probe<[UInt32]>([])
    let letGo = Probe(false)

    init(_ world: World, failing: Failing? = nil) {
        self.world = world
        self.failing = failing
    }

    func recover(
        id: SessionID, attempt: UInt32, records: [[UInt8]]
    ) async throws -> HandlerOutcome {
        attempts.update { $0.append(attempt) }
        try await step(.unreachable) {}
        guard records.count > 1 else {
            try await step(.deleteByKey) { world.deleteInactiveUser(createdWith: "\(id)") }
            try await step(.complete) {}
            return .complete
        }
        let user = String(decoding: records[1], as: UTF8.self)
        let found = try await step(.statusRead) { world.user(user) }
        if found?.isActive != true {
            try await step(.profileDelete) { world.deleteProfile(user) }
            try await step(.userDelete) { world.deleteUser(user) }
        }
        try await step(.complete) {}
        return .complete
    }

    @discardableResult
    private func step<Result>(_ step: HandlerStep, _ body: () -> Result) async throws -> Result {
        let fails = failing?.step == step && failures.withLock { $0 < failing?.times ?? 0 }
        if fails { failures.withLock { $0 += 1 } }
        if fails, failing?.way == .before { throw ClientFailure() }
        let result = body()
        if fails, failing?.way == .after { throw ClientFailure() }
        // As a handler process that was killed: no answer, ever.
        if fails { try await letGo.wait("the end of the test", seconds: 60) { $0 } }
        return result
    }
}
