internal import Foundation
internal import Hummingbird
internal import NIOHTTP1
internal import Synchronization

/// The user's data: the first record of a session.
struct SignUpRecord: Codable, Sendable {
    var index: Int
    var nick: String
}

/// The second record: what step M3 gave.
struct UserRecord: Codable, Sendable {
    var user: String
}

/// Finishes or undoes what a sign-up left behind: looks at the world first, so that it may be run
/// any number of times.
struct SignUpHandler: Sendable {
    private let world: World
    private let caller = Caller()
    private let diary: Diary
    private let runs: Runs

    /// A run as the worker posts it.
    private struct Posted: Decodable {
        var id: String
        var attempt: Int
        var records: [Data]
    }

    private struct Answered: ResponseEncodable {
        var outcome: String
        var reason: String?
    }

    static func run(_ world: World, port: Int) async throws {
        let path = world.path("handler.diary")
        let handler = SignUpHandler(
            world: world, diary: try Diary(path), runs: Runs(Diary.read(path)))
        let router = Router(context: Service.Context.self)
        router.post(RouterPath(World.handlerPath)) { request, context in
            let posted = try await request.decode(as: Posted.self, context: context)
            return await handler.answer(posted)
        }
        try await Service.run(router, name: "handler", port: port, in: world)
    }

    private func answer(_ posted: Posted) async -> EditedResponse<Answered> {
        do {
            try await recover(posted)
            return EditedResponse(status: .ok, response: Answered(outcome: "complete"))
        } catch {
            return EditedResponse(
                status: .internalServerError,
                response: Answered(outcome: "retry", reason: "\(error)"))
        }
    }

    private func recover(_ posted: Posted) async throws {
        let decoder = JSONDecoder()
        guard let first = posted.records.first else { throw DemoError("a session without record") }
        let record = try decoder.decode(SignUpRecord.self, from: first)
        diary.write("attempt \(record.index) \(posted.attempt)")
        let failure = world.plan.handlerFailure(record.index, run: runs.next(record.index))
        if posted.records.count < 2 {
            try await step(.deleteByKey, failure) { fault in
                try await caller.require(
                    .DELETE, "\(World.url(world.users))/creations/\(posted.id)", fault: fault,
                    allowing: [404])
            }
        } else {
            let user = try decoder.decode(UserRecord.self, from: posted.records[1]).user
            try await settle(user, failure)
        }
        diary.write("settled \(record.index)")
    }

    private func settle(
        _ user: String, _ failure: (step: Plan.SubStep, how: Plan.Failure)?
    ) async throws {
        let url = "\(World.url(world.users))/users/\(user)"
        let seen = try await step(.readUser, failure) { fault in
            try await caller.require(.GET, url, fault: fault, allowing: [404])
        }
        if seen.status == 200, try seen.decoded(as: User.self).active { return }
        try await step(.deleteProfile, failure) { fault in
            try await caller.require(
                .DELETE, "\(World.url(world.profiles))/profiles/\(user)", fault: fault,
                allowing: [404])
        }
        try await step(.deleteUser, failure) { fault in
            try await caller.require(.DELETE, url, fault: fault, allowing: [404])
        }
    }

    @discardableResult
    private func step(
        _ step: Plan.SubStep, _ failure: (step: Plan.SubStep, how: Plan.Failure)?,
        _ body: (Plan.Failure?) async throws -> Caller.Answer
    ) async throws -> Caller.Answer {
        let how = failure?.step == step ? failure?.how : nil
        let answer = try await body(how)
        if how == .killed { dieNow() }
        return answer
    }
}

/// How often the handler has run for each sign-up, its life before a kill included.
private final class Runs: Sendable {
    private let counts: Mutex<[Int: Int]>

    init(_ diary: [[Substring]]) {
        var counts: [Int: Int] = [:]
        for words in diary where words.first == "attempt" && words.count > 1 {
            if let index = Int(words[1]) { counts[index, default: 0] += 1 }
        }
        self.counts = Mutex(counts)
    }

    func next(_ index: Int) -> Int {
        counts.withLock { counts in
            counts[index, default: 0] += 1
            return counts[index, default: 0]
        }
    }
}
