internal import Foundation
internal import Logging
internal import Model
internal import NIOHTTP1
internal import Reprise
internal import RepriseServer

/// A run from its first process to its last word.
struct Stage {
    private var cast: Cast
    private let processes: Processes
    private let caller = Caller()
    private var line = ProgressLine()
    private var kills: [Plan.Kill]
    private var killed = Kills()
    private var restarts: [(at: ContinuousClock.Instant, name: String)] = []
    private var others: [User] = []

    private static let quietWithin = Duration.seconds(60)

    init(_ options: Demo.Options, directory: String, processes: Processes) {
        var world = World(seed: options.seed, signUps: options.signUps, directory: directory)
        let prefix =
            options.brokers == nil
            ? "reprise" : "reprise-demo-\(options.seed)-\(UInt32.random(in: 0...UInt32.max))"
        world.transfers = options.transfers
        world.bankPrefix = "\(prefix)-bank"
        world.isEmbedded = options.brokers == nil
        cast = Cast(world: world, processes: processes, options: options, prefix: prefix)
        self.processes = processes
        kills = world.plan.kills
    }

    private var world: World { cast.world }

    func close() async { await caller.close() }

    mutating func play() async throws -> Bool {
        line.say(
            "seed \(world.seed): starting \(cast.options.brokers == nil ? "a broker, " : "")"
                + "two services, a handler, a node, \(World.workers) workers")
        try await processes.startGuardian()
        try await cast.startStage()
        let settings = try Settings.load(
            file: cast.configurationFile, environment: [:], flags: [])
        if cast.options.brokers != nil {
            _ = try await TopicSetup.run(settings.reprise, creates: true)
        }
        try await cast.startNode()
        for number in 0..<World.workers { try await cast.start("worker-\(number)") }
        try await addOthers()
        try await untilOwned()
        line.say("\(world.signUps) sign-ups by \(World.clients) client processes")
        for number in 0..<World.clients { try await cast.start("client-\(number)") }
        try await signUps()
        line.say("the last client has ended; waiting until the log is quiet")
        let left = try await quiet(try GroupInspection(settings.reprise))
        let signUpsHold = try await verdict(left)
        let transfersHold = try await transfer()
        let holds = signUpsHold && transfersHold
        line.show(report: holds ? "\nEvery invariant holds." : "\nAN INVARIANT IS BROKEN.")
        return holds
    }

    private mutating func transfer() async throws -> Bool {
        guard world.transfers > 0 else { return true }
        if !world.isEmbedded {
            _ = try await TopicSetup.run(try world.bankConfiguration("topics"), creates: true)
        }
        line.show(report: "")
        var stage = TransferStage(cast, processes: processes, line: line)
        return try await stage.play()
    }

    /// Users that the sign-ups must leave alone, some of them not active.
    private mutating func addOthers() async throws {
        let url = "\(World.url(world.users))/users"
        for number in 0..<world.plan.others {
            let new = NewUser(nick: Plan.otherNick(number), key: "elsewhere-\(number)")
            let user = try await caller.require(.POST, url, json: new).decoded(as: User.self)
            if number % 2 == 0 { try await caller.require(.POST, "\(url)/\(user.id)/activate") }
        }
        others = try await caller.require(.GET, url).decoded(as: UserBook.self).users
    }

    // MARK: While it runs

    private mutating func signUps() async throws {
        while true {
            let progress = Progress(world)
            try await supervise(progress)
            show(progress)
            var isOver = restarts.isEmpty
            for number in 0..<World.clients where await processes.isRunning("client-\(number)") {
                isOver = false
            }
            if isOver { break }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Kills what is due to be killed and starts again what was.
    private mutating func supervise(_ progress: Progress) async throws {
        for (index, kill) in kills.enumerated().reversed() where kill.begun <= progress.begun {
            let name = Stage.name(kill.target)
            // One that is still starting is killed when it is up, or it would not be seen.
            guard PortFile.read(world.path("\(name).port")) != nil else { continue }
            if await processes.kill(name) { kills.remove(at: index) }
            try? FileManager.default.removeItem(atPath: world.path("\(name).port"))
        }
        let now = ContinuousClock.now
        for ended in await processes.ended() {
            if ended.wasKilled, ended.name != "broker" {
                killed.count(ended.name)
                let isClient = ended.name.hasPrefix("client")
                restarts.append((isClient ? now : now + .milliseconds(600), ended.name))
            } else if !(ended.succeeded && ended.name.hasPrefix("client")) {
                throw DemoError("\(ended.name) ended by itself: \(ended.how)")
            }
        }
        let due = restarts.filter { $0.at <= now }
        restarts.removeAll { $0.at <= now }
        for restart in due { try await cast.start(restart.name) }
    }

    private mutating func show(_ progress: Progress) {
        line.show(
            "\(progress.begun)/\(world.signUps) begun, \(progress.completed.count) completed, "
                + "\(progress.settled.count) recovered; killed: \(killed.text)")
    }

    private static func name(_ target: Plan.Target) -> String {
        switch target {
        case .handler: "handler"
        case .worker(let number): "worker-\(number)"
        case .node: "node"
        }
    }

    // MARK: Until it is quiet

    /// The sessions that are still there when nothing moves any more.
    private mutating func quiet(_ inspection: GroupInspection) async throws -> [Session] {
        let deadline = ContinuousClock.now + Stage.quietWithin
        var left: [Session] = []
        var quietReadings = 0
        while quietReadings < 2, ContinuousClock.now < deadline {
            let progress = Progress(world)
            try await supervise(progress)
            show(progress)
            try await Task.sleep(for: .milliseconds(200))
            guard kills.isEmpty, try await holdsNothing() else {
                quietReadings = 0
                continue
            }
            left = try await inspection.sessions()
            let isQuiet = left.allSatisfy { if case .parked = $0.phase { true } else { false } }
            quietReadings = isQuiet ? quietReadings + 1 : 0
        }
        return quietReadings < 2 ? try await inspection.sessions() : left
    }

    private func holdsNothing() async throws -> Bool {
        guard restarts.isEmpty, let parts = try? await expositions() else { return false }
        let owned = parts.workers.reduce(0) { $0 + $1.sum("reprise_partition_owned") }
        return owned == World.partitions && parts.node.unfinished == 0
            && parts.workers.allSatisfy { $0.unfinished == 0 }
    }

    /// Joining a group for the first time takes a broker some seconds.
    private mutating func untilOwned() async throws {
        for _ in 0..<150 {
            if try await holdsNothing() { return }
            if let ended = await processes.ended().first {
                throw DemoError("\(ended.name) ended at its start: \(ended.how)")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw DemoError("the workers did not get the partitions within 30 s")
    }

    private func expositions() async throws -> (node: Exposition, workers: [Exposition]) {
        var workers: [Exposition] = []
        for number in 0..<World.workers {
            guard let port = PortFile.read(world.path("worker-\(number).port")).flatMap({ Int($0) })
            else { throw DemoError("worker-\(number) is not up") }
            workers.append(try await exposition(port))
        }
        return (try await exposition(world.node), workers)
    }

    private func exposition(_ port: Int) async throws -> Exposition {
        let answer = try await caller.require(.GET, "\(World.url(port))/metrics")
        return Exposition(String(decoding: answer.body, as: UTF8.self))
    }

    // MARK: The end

    private mutating func verdict(_ left: [Session]) async throws -> Bool {
        let progress = Progress(world)
        let parts = try await expositions()
        let users = try await caller.require(.GET, "\(World.url(world.users))/users")
        let profiles = try await caller.require(.GET, "\(World.url(world.profiles))/profiles")
        let census = Census(
            users: try users.decoded(as: UserBook.self),
            profiles: try profiles.decoded(as: ProfileBook.self), others: others,
            progress: progress, plan: world.plan, node: parts.node, workers: parts.workers,
            left: left)
        let parked = left.count { if case .parked = $0.phase { true } else { false } }
        let report = DemoReport(
            world: world, progress: progress, kills: killed, census: census, parked: parked)
        line.say(left.isEmpty ? "quiet" : "\(left.count) sessions are left")
        line.show(report: report.text)
        return census.holds
    }
}
