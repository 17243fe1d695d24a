internal import WAL
internal import Journal
internal import Mirror
internal import Model
internal import Sessions

/// Drives a `MirrorMachine` over the durable frames of a node's journal and a network that delays,
/// loses acknowledgements and loses producers, but keeps the order of one producer in one partition.
final class MirrorDriver {
    private unowned let process: NodeProcess
    private var machine: MirrorMachine
    /// The next frame to be read from the tail.
    private var nextRead: UInt64
    private var lanes: [[Sent]]
    /// Stored by the broker; the producer does not know yet.
    private var unheard: [UInt64] = []
    private var checkedThrough: UInt64
    private var uncertainThrough: UInt64
    private let writer: Writer
    /// The last frame with an event that was read; the position that the journal holds.
    private var lastEvent: UInt64 = 0
    private var saved: UInt64

    private static let mostInFlight = 8

    private var world: World { process.world }

    init(_ process: NodeProcess, uncertainThrough: UInt64) {
        self.process = process
        let world = process.world
        let acknowledged = process.core.acknowledged.sequence
        machine = MirrorMachine(
            window: world.scenario.window, sendsAll: world.scenario.sendsAll,
            acknowledged: acknowledged, uncertainThrough: uncertainThrough)
        nextRead = acknowledged + 1
        checkedThrough = acknowledged
        saved = acknowledged
        self.uncertainThrough = uncertainThrough
        lanes = Array(repeating: [], count: world.scenario.partitions)
        writer = process.writer
    }

    var isQuiet: Bool {
        machine.backlogCount == 0 && machine.inFlight == 0
            && machine.acknowledged >= lastEvent && lastEvent <= process.log.durable.rawValue
            && nextRead > process.log.durable.rawValue
    }

    func hurry(through sequence: UInt64) { machine.hurry(through: sequence) }

    // MARK: From the journal to the wire

    func read() {
        let durable = process.log.durable.rawValue
        while nextRead <= durable {
            guard let frame = process.tail[nextRead] else {
                world.findings.fail(
                    .nothingNeededIsTrimmed,
                    "node \(process.node.index): the mirror needs frame \(nextRead), the log "
                        + "begins at \(process.log.space.first)")
                return
            }
            if frame.kind == FrameKind.event.rawValue,
                let peek = frame.bytes.withUnsafeBytes({ EventPeek($0) })
            {
                lastEvent = nextRead
                let payload = MirrorMachine.PayloadReference(
                    chunk: nextRead, offset: 0, length: frame.bytes.count)
                machine.read(
                    MirrorMachine.Entry(
                        sequence: nextRead, peek: peek, payload: payload, readAt: world.monotonic))
            } else {
                machine.pass(nextRead)
            }
            nextRead += 1
        }
        advanced()
    }

    func send() {
        while machine.inFlight < Self.mostInFlight,
            case .send(let entry, let slot) = machine.next(now: world.monotonic)
        {
            let frame = process.tail[entry.payload.chunk]
            guard let frame, let event = frame.events.first else { continue }
            var origin = Origin(writer: writer, sequence: entry.number)
            if world.mutation == .mirrorForgetsSequence, entry.sequence <= uncertainThrough {
                origin.sequence = 0
            }
            lanes[Int(entry.peek.partition)].append(
                Sent(mirrored: event, bytes: frame.bytes, origin: origin, slot: slot))
            if world.mutation == .mirrorTrustsTheWire { machine.delivered(slot) }
        }
        advanced()
    }

    // MARK: The network

    /// One message of a lane lands at the broker.
    func deliver() {
        guard world.broker.isUp else { return }
        for partition in lanes.indices where !lanes[partition].isEmpty {
            let count = world.dice.within(0...lanes[partition].count)
            for _ in 0..<count {
                let sent = lanes[partition].removeFirst()
                world.land(sent, in: partition)
                if let slot = sent.slot { unheard.append(slot) }
            }
        }
    }

    /// Acknowledgements reach the producer, in any order.
    func hear(all: Bool) {
        while !unheard.isEmpty, all || world.dice.percent(70) {
            let place = world.dice.within(0...(unheard.count - 1))
            machine.delivered(unheard.remove(at: place))
        }
        advanced()
    }

    /// A fatal producer error: what is under way may still land; all that is not known to have
    /// landed is sent again by a new producer.
    func loseProducer() {
        world.reached(.producerLost)
        world.trace.note("n\(process.node.index): the producer is lost")
        abandon()
        machine.reset()
        uncertainThrough = max(uncertainThrough, nextRead - 1)
        nextRead = machine.acknowledged + 1
    }

    /// What is under way becomes nobody's.
    func abandon() {
        for partition in lanes.indices where !lanes[partition].isEmpty {
            world.ghosts.append(Ghost(partition: partition, messages: lanes[partition]))
            lanes[partition] = []
        }
        unheard = []
    }

    // MARK: How far it is

    func note() throws(RepriseError) {
        // A frame that only says how far the mirror is needs not be said to be mirrored.
        guard machine.acknowledged > saved, lastEvent > saved else { return }
        saved = machine.acknowledged
        try process.acknowledge(machine.acknowledged)
    }

    private func advanced() {
        while checkedThrough < machine.acknowledged {
            checkedThrough += 1
            check(checkedThrough)
        }
        process.hearsOfKafka(machine.acknowledged)
        process.answerMirrored(machine.acknowledged)
    }

    /// The machine says that Kafka has `sequence`, or needs it not.
    private func check(_ sequence: UInt64) {
        let watch = process.node.watch
        let frame = watch.frames[Int(sequence) - 1]
        guard frame.kind == FrameKind.event.rawValue, let event = frame.events.first,
            event.session != Event.noSession
        else { return }
        switch event.body {
        case .carried, .handedOver: return
        default: break
        }
        let partition = world.broker.partitions[Int(event.partition)].watch
        let arrival = LogWatch.Arrival(
            journal: process.log.identity, sequence: Position(sequence: sequence).rawValue)
        if partition.arrivals[arrival] != nil || world.mutation == .mirrorForgetsSequence { return }
        world.reached(.sessionSkipped)
        let isEnd = event.body.type == .completed
        let isSkipped = watch.log.stories[event.session]?.isEnded == true
        let isKnown = partition.stories[event.session] != nil
        world.findings.require(
            isSkipped && !(isEnd && isKnown), .mirrorIsFaithful,
            "node \(process.node.index): #\(sequence) \(event.body) of \(event.session) is "
                + "taken for mirrored, the partition has not got it")
    }

    /// A `mirrored` answer was given: the partition has the write, and it counted.
    func checkAcknowledged(_ ticket: Ticket) {
        guard let event = process.node.watch.frames[Int(ticket.sequence) - 1].events.first,
            !world.scenario.hasWildClocks
        else { return }
        let arrival = LogWatch.Arrival(
            journal: process.log.identity,
            sequence: Position(sequence: ticket.sequence).rawValue)
        let partition = world.broker.partitions[Int(event.partition)].watch
        world.findings.require(
            partition.arrivals[arrival] != false || partition.stories[event.session] == nil,
            .acknowledgedIsDurable,
            "node \(process.node.index): #\(ticket.sequence) \(event.body) was acknowledged as "
                + "mirrored, the partition's fold ignored it")
    }
}
