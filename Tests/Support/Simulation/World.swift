internal import WAL
internal import Journal
internal import Model
internal import Sessions

/// One schedule: all machines, the wire between them, and the clock, moved step by step by the dice.
package final class World {
    static let beginning = Timestamp(milliseconds: 1_700_000_000_000)

    let scenario: Scenario
    let mutation: Mutation?
    let findings = Findings()
    let trace: Trace
    let broker: Broker
    let ledger: Ledger
    package private(set) var coverage = Coverage()
    var dice: Dice
    /// True time, which no machine knows.
    private(set) var time = World.beginning
    private(set) var nodes: [Node] = []
    private(set) var workers: [Worker] = []
    private(set) var clients: [Client] = []
    var ghosts: [Ghost] = []
    /// The group's word on its way to its members.
    var notices: [Notice] = []
    private(set) var isQuieting = false
    private var incarnations: UInt64 = 0

    struct Notice {
        var worker: Int
        var partition: Int
        var assigned: Int?
        var generation: Int
    }

    package init(seed: UInt64, mutation: Mutation? = nil, isTraced: Bool = false) {
        scenario = Scenario(seed: seed)
        self.mutation = mutation
        trace = Trace(isOn: isTraced)
        dice = Dice(seed: ~seed)
        broker = Broker(partitions: scenario.partitions, findings: findings, trace: trace)
        ledger = Ledger(findings: findings)
        // Policies are a dictionary, whose order is another each time.
        var shown = scenario
        shown.policies = [:]
        trace.note("\(shown)")
        nodes = (0..<scenario.nodes).map { Node(self, index: $0) }
        workers = (0..<scenario.workers).map { Worker(self, index: $0) }
        clients = (0..<scenario.sessions).map {
            Client($0, scenario: scenario, dice: &dice)
        }
        broker.ask { [unowned self] in isEnded($0) }
    }

    /// Whether the session's client has ended it in its journal.
    private func isEnded(_ id: SessionID) -> Bool {
        nodes.contains { $0.watch.log.stories[id]?.isEnded == true }
    }

    var monotonic: Milliseconds { time - World.beginning }
    var speed: Int { isQuieting ? 100 : scenario.speed }
    var reading: Int { isQuieting ? 100 : scenario.reading }
    var handlerTrouble: Int { isQuieting ? 0 : scenario.handlerTrouble }

    func nextIncarnation() -> UInt64 {
        incarnations += 1
        return incarnations
    }

    func reached(_ milestone: Coverage.Milestone) { coverage.reached(milestone) }

    // MARK: The schedule

    /// Runs it to its quiet end; the first violation, if there is one.
    package func run() -> Violation? {
        for node in nodes { node.start() }
        for partition in 0..<scenario.partitions where !workers.isEmpty {
            assign(partition, to: dice.within(0...(workers.count - 1)))
        }
        for _ in 0..<scenario.steps {
            step()
            if findings.first != nil { return findings.first }
        }
        isQuieting = true
        FinalCheck(self).run()
        return findings.first
    }

    func step() {
        advance(by: dice.percent(8) ? dice.milliseconds(50...700) : dice.milliseconds(0...15))
        trouble()
        for index in clients.indices where dice.percent(speed / 2) { act(client: index) }
        for node in nodes { act(node) }
        deliverNotices()
        for worker in workers where worker.isUp { worker.act() }
        settleGhosts(dropping: 20)
    }

    func advance(by milliseconds: Milliseconds) {
        time = time + milliseconds
    }

    func act(_ node: Node) {
        guard let process = node.process else {
            if dice.percent(isQuieting ? 100 : 40) { node.start() }
            return
        }
        node.attempt { () throws(RepriseError) in
            if dice.percent(speed / 3) { try process.keepUp() }
            if let recovery = process.recovery, dice.percent(speed) {
                try recovery.round()
                try process.flush()
                recovery.startRuns()
            } else if dice.percent(speed) {
                try process.flush()
            }
            if let mirror = process.mirror {
                if dice.percent(speed) { mirror.read() }
                if dice.percent(speed) { mirror.send() }
                if dice.percent(speed) { mirror.deliver() }
                if dice.percent(speed) { mirror.hear(all: isQuieting) }
                if dice.percent(speed / 2) { try mirror.note() }
            }
        }
    }

    // MARK: Clients

    private func act(client index: Int) {
        guard case .ready = clients[index].state else { return }
        let node = nodes[clients[index].node]
        guard let process = node.process else { return }
        // An id that the node has let go of cannot be opened again: see ARCHITECTURE.md.
        let id = clients[index].id
        if !clients[index].isOpen, node.watch.log.stories[id] != nil,
            process.core.table[id] == nil
        {
            clients[index].state = .gone
            return
        }
        guard let operation = clients[index].next(&dice) else { return }
        clients[index].state = .waiting
        note(operation, of: id)
        let isMirrored = scenario.isMirrored && dice.percent(30)
        node.attempt { () throws(RepriseError) in
            do throws(RepriseError) {
                try process.submit(
                    operation, of: clients[index], level: isMirrored ? .mirrored : .local)
            } catch {
                let isRefusal = error.code == .diskFull || error.code == .journalBusy
                guard isRefusal else { throw error }
                reached(.diskFull)
                clients[index].state = dice.percent(30) ? .gone : .ready
            }
        }
        if case .waiting = clients[index].state, node.process !== process {
            clients[index].state = .gone
        }
    }

    /// From here on the operation may have happened, answered or not.
    private func note(_ operation: Operation, of id: SessionID) {
        ledger.change(id) { entry in
            switch operation {
            case .complete: entry.triedToComplete = true
            case .replace: entry.records = []
            default: break
            }
        }
    }

    func answer(_ ticket: Ticket, _ answer: Answer) {
        let index = ticket.client
        trace.note("client \(index): \(ticket.operation) -> \(answer)")
        switch answer {
        case .refused(.leaseExpired): reached(.leaseRefused)
        case .refused(.fenced): reached(.fencedRefused)
        case .done where ticket.level == .mirrored: reached(.answeredMirrored)
        default: break
        }
        clients[index].state = .ready
        switch answer {
        case .done: done(ticket)
        case .refused: clients[index].state = .gone
        case .unknown: if dice.percent(50) { clients[index].state = .gone }
        }
    }

    private func done(_ ticket: Ticket) {
        let index = ticket.client
        ledger.change(clients[index].id) { entry in
            switch ticket.operation {
            case .open:
                entry.isOpened = true
                entry.records.append(clients[index].firstRecord)
                clients[index].isOpen = true
            case .append(let record), .replace(let record): entry.records.append(record)
            case .complete:
                entry.completed = ticket.level
                clients[index].state = .gone
            case .close: clients[index].state = .gone
            case .extend: break
            }
        }
    }

    // MARK: The wire

    func land(_ sent: Sent, in partition: Int) {
        let gap: Int64 = dice.percent(4) ? 1 : 0
        broker.append(sent, to: partition, at: time, gap: gap)
        for (event, applied) in zip(sent.events, broker.lastApplied) { note(event, applied) }
        if sent.value != nil, sent.events.isEmpty { reached(.undecodable) }
    }

    private func note(_ event: Event, _ applied: Applied) {
        if applied == .ignored(.resent) { reached(.messageResent) }
        switch (event.body.type, applied) {
        case (.claimed, .accepted): reached(.claimed)
        case (.claimed, _): reached(.claimIgnored)
        case (.carried, .accepted): reached(.carried)
        case (.carried, .ignored(.overtaken)): reached(.carriedOvertaken)
        case (.deadLettered, .accepted): reached(.deadLettered)
        case (.completed, .ignored(.staleToken)), (.retried, .ignored(.staleToken)):
            reached(.resultIgnored)
        default: break
        }
    }

    func settleGhosts(dropping: Int) {
        guard broker.isUp else { return }
        for index in ghosts.indices.reversed() {
            if dice.percent(dropping) {
                ghosts.remove(at: index)
            } else if dice.percent(50) {
                reached(.ghostLanded)
                land(ghosts[index].messages.removeFirst(), in: ghosts[index].partition)
                if ghosts[index].messages.isEmpty { ghosts.remove(at: index) }
            }
        }
    }
}
