internal import WAL
internal import Journal
internal import Model
internal import Recovery
internal import Sessions

/// The quiet end of a schedule: no more trouble, time goes on until nothing is left to do, and then
/// everything that was promised is looked up.
struct FinalCheck {
    private let world: World
    private static let mostRounds = 250

    init(_ world: World) { self.world = world }

    private var findings: Findings { world.findings }

    func run() {
        world.trace.note("--- quiet from here on, \(world.time.short)")
        world.endTrouble()
        var rounds = 0
        while findings.first == nil, !isOver, rounds < Self.mostRounds {
            rounds += 1
            world.advance(by: 40)
            round()
        }
        guard findings.first == nil else { return }
        findings.require(isOver, .noSessionLost, "not quiet after \(rounds) rounds: \(leftOver)")
        guard findings.first == nil else { return }
        for (id, entry) in world.ledger.entries where entry.isOpened { lookUp(id) }
        for node in world.nodes { checkJournal(node) }
        for partition in world.broker.partitions.indices { refold(partition) }
    }

    private func round() {
        for node in world.nodes {
            world.act(node)
            node.attempt { () throws(RepriseError) in
                try node.process?.flushAll()
                node.process?.recovery?.startRuns()
                node.process?.recovery?.forgetLate()
                try node.process?.keepUp()
            }
        }
        world.deliverNotices()
        for worker in world.workers { worker.act() }
        world.settleGhosts(dropping: 50)
    }

    // MARK: Is it over?

    private var isOver: Bool {
        guard world.ghosts.isEmpty, world.notices.isEmpty else { return false }
        for node in world.nodes {
            guard let process = node.process, process.core.table.sessions.isEmpty || isDone(process)
            else { return false }
            if let mirror = process.mirror, !mirror.isQuiet { return false }
            if let recovery = process.recovery, !recovery.isQuiet { return false }
        }
        for partition in world.broker.partitions
        where !partition.watch.table.sessions.isEmpty {
            return false
        }
        return world.workers.allSatisfy(\.isQuiet)
    }

    /// Standalone, parked sessions stay in the journal.
    private func isDone(_ process: NodeProcess) -> Bool {
        let alive = process.core.table.alive
        return process.recovery != nil && alive.open == 0 && alive.waiting == 0
            && alive.running == 0
    }

    private var leftOver: String {
        let journals = world.nodes.map { node in
            "\(String(describing: node.process?.core.table.alive)), the mirror is "
                + "\(node.process?.mirror?.isQuiet == true ? "" : "not ")quiet"
        }
        let partitions = world.broker.partitions.map { partition in
            partition.watch.table.sessions.values.map { "\($0.id) \($0.phase)" }
        }
        let workers = world.workers.map { "\($0.name) \($0.isQuiet)" }
        return "journals \(journals), partitions \(partitions), workers \(workers)"
    }

    // MARK: What became of it

    private func lookUp(_ id: SessionID) {
        guard let client = world.clients.first(where: { $0.id == id }) else { return }
        let journal = world.nodes[client.node].watch.log
        if let story = journal.stories[id], let session = journal.table[id] {
            guard case .parked = session.phase else {
                findings.fail(.noSessionLost, "\(id) is still \(session.phase): \(story)")
                return
            }
            return
        }
        findings.require(
            journal.stories[id]?.isEnded == true, .noSessionLost,
            "\(id) was acknowledged as opened; its journal knows nothing of it")
        guard world.scenario.isMirrored,
            let story = world.broker.partitions[client.partition].watch.stories[id]
        else { return }
        findings.require(
            story.isEnded, .noSessionLost, "\(id) did not end in its partition: \(story)")
        findings.require(
            !story.isDeadLettered || world.broker.deadLetters[id] != nil, .noSessionLost,
            "\(id) left for the dead letters and is not there")
    }

    private func checkJournal(_ node: Node) {
        guard let process = node.process else { return }
        node.watch.compare(process.core.table, "at the end")
        guard world.scenario.isMirrored else { return }
        // Handed over means that the partition has it.
        for (id, story) in node.watch.log.stories where story.isEnded {
            let totals = world.clients.first { $0.id == id }
            guard let client = totals, world.ledger.entries[id]?.triedToComplete != true else {
                continue
            }
            findings.require(
                world.broker.partitions[client.partition].watch.stories[id] != nil,
                .noSessionLost, "\(id) was handed over, its partition has never heard of it")
        }
    }

    /// A new member's fold, from what is committed, must be as the one from the beginning.
    private func refold(_ index: Int) {
        let partition = world.broker.partitions[index]
        guard let start = partition.committed else { return }
        let writer = Writer(node: "last", incarnation: world.nextIncarnation())
        let owner = Event(
            session: Event.noSession, partition: UInt32(index), body: .owner(writer))
        world.land(Sent([owner], from: writer, isBatch: false), in: index)
        var opening = PartitionOpening(start: start, ownerWriter: writer, limits: Limits())
        var machine: PartitionMachine?
        var effects: [PartitionMachine.Effect] = []
        for message in world.broker.partitions[index].messages where message.offset >= start {
            guard machine == nil else {
                machine?.fold(message, effects: &effects)
                continue
            }
            guard let beginning = opening.read(message) else { continue }
            findings.require(
                beginning.hasMark, .nothingNeededIsTrimmed,
                "p\(index): no mark for the committed offset \(start)")
            machine = PartitionMachine(
                partition: Int32(index), writer: writer, table: beginning.table,
                offset: beginning.offset, options: PartitionOptions())
            for message in beginning.messages { machine?.fold(message, effects: &effects) }
        }
        let expected = world.broker.partitions[index].watch.table
        findings.require(
            machine?.table.hasSameSessions(as: expected) == true && machine?.stage == .owning,
            .foldsAgree, "p\(index): a fold from \(start) is not as the one from 0")
    }
}
