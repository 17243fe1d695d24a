internal import Foundation
internal import Glibc
internal import Reprise
internal import ReprisePostgres

/// The transfers of a run, from the first bank to the census.
struct TransferStage {
    private var cast: Cast
    private let processes: Processes
    private var line: ProgressLine
    private var server: PostgresServer?
    private var banks: [Side: any Bank] = [:]
    private var kills: [TransferPlan.Kill] = []
    private var killed = TransferKills()
    private var restarts: [(at: ContinuousClock.Instant, name: String)] = []
    /// When the server is to be back at the latest.
    private var isClosing = false

    private static let patience = Duration.seconds(90)

    init(_ cast: Cast, processes: Processes, line: ProgressLine) {
        self.cast = cast
        self.processes = processes
        self.line = line
    }

    private var world: World { cast.world }
    private var plan: TransferPlan { world.transferPlan }

    mutating func play() async throws -> Bool {
        let place = try await openBanks()
        line.say(
            "\(world.transfers) transfers between \(place) by \(World.tellers) processes, "
                + "receipts by \(World.clerks)")
        for number in 0..<World.clerks { try await cast.start("clerk-\(number)") }
        for number in 0..<World.tellers { try await cast.start("teller-\(number)") }
        try await until("every transfer has ended") { stage, progress in
            stage.kills.isEmpty && stage.restarts.isEmpty
                && progress.idle.count == World.tellers
        }
        line.say("the last transfer has ended; waiting until nothing is in doubt")
        try await until("no branch is prepared") { stage, _ in await stage.prepared() == 0 }
        try await closeTellers()
        let left = try await quiet()
        return try await verdict(place, left)
    }

    // MARK: Banks

    /// Starts a database server, or makes do without; tells which.
    private mutating func openBanks() async throws -> String {
        var vault = Vault.sqlite
        if let server = try PostgresServer(in: world) {
            line.say("starting a PostgreSQL server with two databases")
            try await run("initdb", server.creation)
            try await processes.start(PostgresServer.process, program: server.start)
            try await untilServerAnswers(server)
            for side in Side.allCases { try await run("createdb", server.creation(of: side)) }
            self.server = server
            vault = .postgres(folder: server.folder)
        }
        cast.world.vault = vault
        try world.save()
        for side in Side.allCases {
            let bank = try vault.bank(side, in: world)
            try await bank.setUp(
                accounts: TransferPlan.accounts, balance: TransferPlan.balance)
            banks[side] = bank
        }
        kills = plan.kills(ofServer: server != nil)
        guard let bank = banks[.first] as? PostgresResource else { return vault.name }
        return "two databases of PostgreSQL \(try await bank.serverVersion)"
    }

    /// Runs a program to its end.
    private func run(_ name: String, _ program: [String]) async throws {
        try await processes.start(name, program: program)
        while true {
            for ended in await processes.ended() {
                guard ended.name == name else {
                    throw DemoError("\(ended.name) ended by itself: \(ended.how)")
                }
                if ended.succeeded { return }
                throw DemoError("\(name) failed with \(ended.how); see its log")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func untilServerAnswers(_ server: PostgresServer) async throws {
        for _ in 0..<300 {
            if (try? await run("pg_isready", server.check)) != nil { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw DemoError("the PostgreSQL server does not answer; see its log")
    }

    // MARK: While they run

    private mutating func until(
        _ what: String,
        _ isReached: (inout TransferStage, TransferProgress) async throws -> Bool
    ) async throws {
        var (last, since) = (0, ContinuousClock.now)
        while true {
            let progress = TransferProgress(world)
            try await supervise(progress)
            show(progress)
            if try await isReached(&self, progress) { return }
            // As long as something moves there is no hurry.
            let moved = progress.begun.count + progress.receiptAttempts
            if moved != last { (last, since) = (moved, ContinuousClock.now) }
            guard ContinuousClock.now - since < Self.patience else {
                throw DemoError("it did not happen within \(Self.patience) that \(what)")
            }
            try await Task.sleep(for: .milliseconds(150))
        }
    }

    private mutating func supervise(_ progress: TransferProgress) async throws {
        for (index, kill) in kills.enumerated().reversed()
        where kill.begun <= progress.begun.count {
            if try await strike(kill.target) {
                kills.remove(at: index)
                killed.count(kill.target)
            }
        }
        let now = ContinuousClock.now
        for ended in await processes.ended() {
            let isServer = ended.name == PostgresServer.process
            guard ended.wasKilled || isServer || isClosing && ended.succeeded else {
                throw DemoError("\(ended.name) ended by itself: \(ended.how)")
            }
            // A server that is started while processes of the old one are there ends again.
            if ended.wasKilled || isServer {
                restarts.append((now + .milliseconds(300), ended.name))
            }
        }
        let due = restarts.filter { $0.at <= now }
        restarts.removeAll { $0.at <= now }
        for restart in due {
            if restart.name == PostgresServer.process, let server {
                try await processes.start(restart.name, program: server.start)
            } else {
                try await cast.start(restart.name)
            }
        }
    }

    /// False where it is not up, and so cannot be killed yet.
    private mutating func strike(_ target: TransferPlan.Target) async throws -> Bool {
        switch target {
        case .teller(let number): return await kill("teller-\(number)")
        case .clerk(let number): return await kill("clerk-\(number)")
        case .server:
            guard await isServerUp() else { return false }
            return await processes.kill(PostgresServer.process)
        case .shutdown:
            guard await isServerUp() else { return false }
            return await processes.kill(PostgresServer.process, SIGQUIT)
        case .backend:
            guard let bank = banks[.second] as? PostgresResource,
                let process = try? await bank.backends().randomElement()
            else { return false }
            return Glibc.kill(process, SIGKILL) == 0
        }
    }

    private func kill(_ name: String) async -> Bool {
        let file = world.path("\(name).port")
        guard PortFile.read(file) != nil, await processes.kill(name) else { return false }
        try? FileManager.default.removeItem(atPath: file)
        return true
    }

    private func isServerUp() async -> Bool {
        guard let bank = banks[.first] as? PostgresResource else { return false }
        return (try? await bank.preparedBranches()) != nil
    }

    private mutating func show(_ progress: TransferProgress) {
        line.show(
            "\(progress.begun.count)/\(world.transfers) begun, "
                + "\(progress.committed.count) committed, "
                + "\(progress.rolledBack.count) rolled back, "
                + "\(progress.receiptAttempts) receipts; killed: \(killed.text)")
    }

    // MARK: Until it is quiet

    /// Nil while a bank does not answer.
    private func prepared() async -> Int? {
        var sum = 0
        for bank in banks.values {
            guard let branches = try? await bank.preparedBranches() else { return nil }
            sum += branches.count
        }
        return sum
    }

    private mutating func closeTellers() async throws {
        isClosing = true
        try PortFile.write("now", to: world.path("tellers.close"))
        try await until("the tellers are done") { stage, _ in
            for number in 0..<World.tellers
            where await stage.processes.isRunning("teller-\(number)") {
                return false
            }
            return stage.restarts.isEmpty
        }
    }

    /// Sessions that are still there when nothing moves any more.
    private mutating func quiet() async throws -> Int {
        let inspection = try GroupInspection(try world.bankConfiguration("inspector"))
        var readings = 0
        try await until("every receipt is written") { _, _ in
            let left = try await inspection.sessions()
            readings = left.isEmpty ? readings + 1 : 0
            return readings == 2 || !left.isEmpty && left.allSatisfy(\.isParked)
        }
        return try await inspection.sessions().count
    }

    // MARK: The end

    private mutating func verdict(_ place: String, _ left: Int) async throws -> Bool {
        var books: [Side: Books] = [:]
        for (side, bank) in banks { books[side] = try await bank.books() }
        let configuration = try world.bankConfiguration("inspector")
        guard let kafka = configuration.kafka else { throw DemoError("there is no broker") }
        let outcomes = try await OutcomeNotice.all(
            in: configuration.topics.transactions, kafka)
        let progress = TransferProgress(world)
        let census = TransferCensus(
            plan: plan, progress: progress, books: books, outcomes: outcomes, left: left)
        let report = TransferReport(
            plan: plan, place: place, progress: progress, kills: killed, census: census)
        line.say("quiet")
        line.show(report: report.text)
        for bank in banks.values { (bank as? PostgresResource)?.close() }
        return census.holds
    }
}

extension Session {
    fileprivate var isParked: Bool { if case .parked = phase { true } else { false } }
}
