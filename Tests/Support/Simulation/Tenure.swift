internal import Model
internal import Recovery
internal import Sessions

/// One partition in one worker's hands, from its assignment until it is let go of: reading, folding,
/// ticking. Drives `PartitionOpening` and `PartitionMachine`; what it does with their effects is in
/// TenureEffects.swift.
final class Tenure {
    unowned let worker: Worker
    let partition: Int
    var generation: Int
    /// Whether the worker thinks that the group has given it the partition.
    private(set) var believes = true
    private var opening: PartitionOpening?
    var machine: PartitionMachine?
    private var writer: Writer
    /// The place in the broker's messages of the next one to read.
    private var nextRead = 0
    var lane: [Sent] = []
    /// Sessions whose claims or parkings are under way; true for a claim.
    var outstanding: [SessionID: Bool] = [:]
    var runs: [ActiveRun] = []
    var deadLetters: [Session] = []
    var commitWish: Int64?
    private var startsAtCommit = false

    var world: World { worker.world }

    init(_ worker: Worker, partition: Int, generation: Int) {
        self.worker = worker
        self.partition = partition
        self.generation = generation
        writer = Writer(node: worker.name, incarnation: worker.world.nextIncarnation())
        begin()
    }

    var isQuiet: Bool {
        guard let machine else { return false }
        return lane.isEmpty && runs.allSatisfy(\.isLate) && deadLetters.isEmpty
            && commitWish == nil && nextRead == log.messages.count && believes
            && machine.stage == .owning && outstanding.isEmpty
    }

    /// Given up, and nothing of it is left to be written.
    var isOver: Bool { !believes && lane.isEmpty && runs.isEmpty }

    var log: Broker.Partition { world.broker.partitions[partition] }

    // MARK: Beginning

    private func begin() {
        let checkpoint = worker.checkpoints[partition]
        if let checkpoint, world.dice.percent(60),
            let place = world.broker.index(of: checkpoint.offset, in: partition)
        {
            world.reached(.resumedCheckpoint)
            world.trace.note("  from the checkpoint at \(checkpoint.offset)")
            nextRead = place
            let made = PartitionMachine(
                partition: Int32(partition), writer: writer, table: checkpoint.table,
                offset: checkpoint.offset, options: options)
            machine = made
            lane.append(Sent([made.ownerEvent], from: writer, isBatch: false))
            return
        }
        let start = log.committed ?? log.low
        startsAtCommit = log.committed != nil
        guard let place = world.broker.index(of: start, in: partition) else {
            world.findings.fail(
                .nothingNeededIsTrimmed, "p\(partition): the committed \(start) was trimmed")
            return
        }
        nextRead = place
        opening = PartitionOpening(start: start, ownerWriter: writer, limits: Limits())
        let event = Event(
            session: Event.noSession, partition: UInt32(partition), body: .owner(writer))
        lane.append(Sent([event], from: writer, isBatch: false))
    }

    private var options: PartitionOptions {
        var options = PartitionOptions()
        options.allowance = world.scenario.allowance
        options.fallback = world.scenario.fallback
        options.markInterval = 40
        options.carryLag = world.scenario.carryLag
        options.maxCarries = 3
        return options
    }

    // MARK: Reading

    func read() {
        guard machine != nil || opening != nil else { return }
        let most = world.isQuieting ? Int.max : world.dice.within(1...12)
        var read = 0
        while nextRead < log.messages.count, read < most {
            let message = log.messages[nextRead]
            guard message.offset >= log.low else {
                // Trimmed under a slow reader, who starts again from what is committed.
                world.reached(.trimmedUnderReader)
                machine?.leave(now: worker.now, gates: &worker.gates)
                machine = nil
                outstanding = [:]
                begin()
                return
            }
            nextRead += 1
            read += 1
            take(message)
        }
        compare()
    }

    private func take(_ message: PartitionMessage) {
        if machine != nil {
            fold(message)
            return
        }
        guard let beginning = opening?.read(message) else { return }
        opening = nil
        world.findings.require(
            beginning.hasMark || !startsAtCommit, .nothingNeededIsTrimmed,
            "p\(partition): no mark for the committed offset \(beginning.offset)")
        if beginning.hasMark { world.reached(.beganAtMark) }
        machine = PartitionMachine(
            partition: Int32(partition), writer: writer, table: beginning.table,
            offset: beginning.offset, options: options)
        for message in beginning.messages { fold(message) }
    }

    private func fold(_ message: PartitionMessage) {
        var effects: [PartitionMachine.Effect] = []
        let seen = mutated(message)
        machine?.fold(seen, effects: &effects)
        for event in message.events where message.origin.writer == writer {
            switch event.body {
            case .claimed: outstanding[event.session] = nil
            case .parked, .retried:
                if outstanding[event.session] == false { outstanding[event.session] = nil }
            default: break
            }
        }
        for effect in effects.inStableOrder() { handle(effect) }
    }

    /// At the head of the log, this fold must be as every other.
    private func compare() {
        guard let machine, nextRead == log.messages.count else { return }
        world.findings.require(
            machine.table.hasSameSessions(as: log.watch.table), .foldsAgree,
            "\(worker.name), p\(partition): \(machine.table.difference(from: log.watch.table))")
        world.findings.require(
            machine.table.owner == log.watch.table.owner, .foldsAgree,
            "\(worker.name), p\(partition): the owner is \(machine.table.owner)")
        world.findings.require(
            machine.table.conservationDifference == 0, .conservation,
            "\(worker.name), p\(partition): off by \(machine.table.conservationDifference)")
    }

    // MARK: Ticking

    func tick() {
        guard var machine else { return }
        let now = worker.now + (world.mutation == .claimsEarly ? 400 : 0)
        let check = HandOutCheck(
            table: machine.table, outstanding: Set(outstanding.keys),
            allowance: world.scenario.allowance, policies: world.scenario.policies)
        let messages = machine.tick(now: now, gates: &worker.gates)
        self.machine = machine
        for message in messages {
            let isProposal = message.contains {
                [.claimed, .parked, .retried].contains($0.body.type)
            }
            var events = message
            if isProposal {
                if world.mutation == .newestFirst { events.reverse() }
                if check.run(events, now: worker.now, world.findings) > 0 {
                    world.reached(.freshBesideBacklog)
                }
                events = events.stableByKind(check.table)
                for event in events {
                    outstanding[event.session] = event.body.type == .claimed
                }
            }
            if world.mutation == .copyForgetsOrigin { events = events.map(\.withoutOrigin) }
            lane.append(Sent(events, from: writer, isBatch: true))
            if world.mutation == .actsBeforeReadingBack { runUnread(events) }
        }
    }

    private func runUnread(_ events: [Event]) {
        for event in events {
            guard case .claimed(let claim) = event.body, let session = machine?.table[event.session]
            else { continue }
            let token = Position(offset: log.nextOffset + Int64(lane.count) - 1)
            handle(
                .run(session, Run(attempt: claim.attempt, token: token, deadline: claim.deadline)))
        }
    }

    // MARK: Ownership

    func leave() {
        believes = false
        opening = nil
        machine?.leave(now: worker.now, gates: &worker.gates)
    }

    /// Its writes may not count any more, the group still gives it the partition.
    func reclaim() {
        guard believes, machine != nil else { return }
        writer = Writer(node: worker.name, incarnation: world.nextIncarnation())
        world.reached(.reclaimed)
        machine?.reclaim(as: writer, now: worker.now, gates: &worker.gates)
        outstanding = [:]
        if let event = machine?.ownerEvent {
            lane.append(Sent([event], from: writer, isBatch: false))
        }
    }

    func loseProducer() {
        abandon()
        guard believes else { return }
        if machine == nil {
            // It has not begun yet: from the start, as a new writer.
            writer = Writer(node: worker.name, incarnation: world.nextIncarnation())
            begin()
        } else {
            reclaim()
        }
    }

    /// What is under way becomes nobody's.
    func abandon() {
        if !lane.isEmpty { world.ghosts.append(Ghost(partition: partition, messages: lane)) }
        lane = []
    }

    func send(_ events: [Event]) {
        lane.append(Sent(events, from: writer, isBatch: events.count > 1))
    }
}
