internal import Model
internal import NIOHTTP1
internal import RepriseServer

/// One sign-up on its way.
struct SignUpAttempt {
    let plan: Plan.SignUp
    let caller: Caller
    let world: World
    let diary: Diary
    let id: SessionID
    private var renewed = ContinuousClock.now

    private struct Opening: Encodable {
        var id: String
        var kind = World.kind
        var recordJSON: SignUpRecord
    }

    private struct Appending: Encodable {
        var recordJSON: UserRecord
    }

    private struct Nothing: Encodable {}

    init(plan: Plan.SignUp, caller: Caller, world: World, diary: Diary) {
        self.plan = plan
        self.caller = caller
        self.world = world
        self.diary = diary
        id = SessionID(
            time: HTTPHandler.wallClock(),
            random: (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max)))
    }

    private var session: String { "\(World.url(world.node))/v1/sessions" }

    mutating func run(_ index: Int) async throws {
        try await write(.open) {
            let answer = try await $0.caller.require(
                .POST, $0.session,
                json: Opening(
                    id: "\($0.id)", recordJSON: SignUpRecord(index: index, nick: $0.plan.nick)))
            $0.diary.write("opened \(index)")
            return answer
        }
        let users = "\(World.url(world.users))/users"
        let user = try await effect(.createUser) { fault in
            try await caller.require(
                .POST, users, json: NewUser(nick: plan.nick, key: "\(id)"), fault: fault)
        }.decoded(as: User.self).id
        try await write(.appendID) {
            try await $0.caller.require(
                .POST, "\($0.session)/\($0.id)/records",
                json: Appending(recordJSON: UserRecord(user: user)))
        }
        try await effect(.createProfile) { fault in
            try await caller.require(
                .PUT, "\(World.url(world.profiles))/profiles/\(user)", fault: fault)
        }
        try await effect(.activate) { fault in
            try await caller.require(.POST, "\(users)/\(user)/activate", fault: fault)
        }
        try await write(.complete) {
            try await $0.caller.require(
                .POST, "\($0.session)/\($0.id)/complete", json: Nothing())
        }
    }

    /// Leaves the session to the recovery. If even that fails, its lease runs out.
    func close() async {
        _ = try? await caller.send(.POST, "\(session)/\(id)/close", json: Nothing())
    }

    /// A write to the session: its faults are made here, between this process and the node.
    private mutating func write(
        _ step: Plan.Step, _ body: (SignUpAttempt) async throws -> Caller.Answer
    ) async throws {
        let how = try await begin(step)
        if how == .before { throw DemoError("planned") }
        let start = ContinuousClock.now
        _ = try await body(self)
        renewed = start
        if how == .killed { dieNow() }
        if how == .after { throw DemoError("planned") }
    }

    /// A step that changes the world: only while the lease lasts, with time to spare.
    @discardableResult
    private func effect(
        _ step: Plan.Step, _ body: (Plan.Failure?) async throws -> Caller.Answer
    ) async throws -> Caller.Answer {
        let how = try await begin(step)
        guard ContinuousClock.now - renewed < .milliseconds(World.lease * 2 / 5) else {
            throw DemoError("the lease is nearly over")
        }
        let answer = try await body(how)
        if how == .killed { dieNow() }
        return answer
    }

    private func begin(_ step: Plan.Step) async throws -> Plan.Failure? {
        try await Task.sleep(for: .milliseconds(plan.pauses[step.rawValue]))
        return plan.failure?.step == step ? plan.failure?.how : nil
    }
}
