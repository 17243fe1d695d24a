internal import Glibc
internal import Model
internal import Sessions
internal import TestSupport

// What goes wrong, by the dice: disks, power, networks, processes, clocks, the group, operators.

extension World {
    func trouble() {
        for node in nodes { trouble(node) }
        if dice.percent(scenario.outages) { broker.isUp.toggle() }
        // An outage ends sooner than it begins.
        if !broker.isUp, dice.percent(15) { broker.isUp = true }
        for worker in workers {
            if dice.percent(scenario.workerCrashes) { crash(worker) }
            if !worker.isUp, dice.percent(30) { start(worker) }
            if dice.percent(scenario.producerFailures / 3) { worker.loseProducer() }
            if dice.percent(scenario.clockSteps) { worker.skew = anyClock() }
        }
        guard scenario.isMirrored else { return }
        if dice.percent(scenario.rebalances) {
            rebalance(dice.within(0...(scenario.partitions - 1)))
        }
        if dice.percent(scenario.operators) { operate() }
        if dice.percent(scenario.garbage) {
            let bytes: [UInt8]? = dice.pick([nil, [], [0xFF], [10, 16, 1], [8, 1, 16, 2]])
            if broker.isUp { land(Sent(garbage: bytes), in: 0) }
        }
    }

    private func trouble(_ node: Node) {
        if dice.percent(scenario.crashes), node.isUp { node.die(losingPower: false) }
        if dice.percent(scenario.powerLosses) {
            // At one of the next calls, whichever that is.
            node.files.powerGoes(atCall: node.files.calls + dice.within(0...12))
        }
        if dice.percent(scenario.ioErrors) {
            let call = dice.pick([
                SimulatedFileSystem.Call.write, .datasync, .rename, .open, .read, .syncDirectory,
            ])
            node.files.fail(call, after: dice.within(0...2))
        }
        if dice.percent(scenario.fullDisks) {
            node.files.setCapacity(bytes: dice.percent(30) ? .max : dice.within(0...8_000))
        }
        if dice.percent(scenario.clockSteps) { node.skew = anyClock() }
        if dice.percent(scenario.producerFailures) { node.process?.mirror?.loseProducer() }
    }

    /// No two clocks differ by more than the allowance, unless they are wild.
    private func anyClock() -> Milliseconds {
        let half = Int(scenario.allowance) / 2
        let range = scenario.hasWildClocks ? -3_000...3_000 : -half...half
        return dice.milliseconds(range)
    }

    // MARK: The group

    func assign(_ partition: Int, to worker: Int?) {
        broker.assign(partition, to: worker)
        tellAll(partition)
    }

    private func tellAll(_ partition: Int) {
        let state = broker.partitions[partition]
        for worker in workers {
            notices.append(
                Notice(
                    worker: worker.index, partition: partition, assigned: state.assigned,
                    generation: state.generation))
        }
    }

    func rebalance(_ partition: Int) {
        let candidates = workers.filter(\.isUp).map(\.index)
        guard !candidates.isEmpty else { return }
        assign(partition, to: dice.pick(candidates))
    }

    /// Each member hears of the group when it does: meanwhile there are two owners, or none. What
    /// was said first is heard first.
    func deliverNotices() {
        var heldBack: Set<Int> = []
        var kept: [Notice] = []
        for notice in notices {
            if heldBack.contains(notice.worker) || !dice.percent(speed / 2 + 20) {
                heldBack.insert(notice.worker)
                kept.append(notice)
                continue
            }
            workers[notice.worker].hears(
                notice.assigned, of: notice.partition, generation: notice.generation)
        }
        notices = kept
    }

    private func crash(_ worker: Worker) {
        worker.crash()
        notices.removeAll { $0.worker == worker.index }
        // The group notices, or the worker is back before it does.
        for partition in 0..<scenario.partitions
        where broker.partitions[partition].assigned == worker.index && dice.percent(60) {
            rebalance(partition)
        }
    }

    func start(_ worker: Worker) {
        worker.start()
        for partition in 0..<scenario.partitions {
            let assigned = broker.partitions[partition].assigned
            if assigned == nil || assigned.map({ !workers[$0].isUp }) == true {
                rebalance(partition)
            } else if assigned == worker.index {
                // A new member: a new generation.
                assign(partition, to: worker.index)
            }
        }
    }

    // MARK: Operators

    /// An operator's command is an event in the partition, from somewhere else.
    private func operate() {
        guard broker.isUp else { return }
        let partition = dice.within(0...(scenario.partitions - 1))
        let table = broker.partitions[partition].watch.table
        let ids = table.sessions.values.filter { session in
            switch session.phase {
            case .waiting, .running: true
            case .open, .parked: false
            }
        }.map(\.id).sorted { $0.low < $1.low }
        guard !ids.isEmpty else { return }
        let id = dice.pick(ids)
        let body: Event.Body =
            switch dice.within(0...2) {
            case 0: .cancelled(at: time)
            case 1: .requeued(Event.Requeue(due: time + dice.milliseconds(0...100), time: time))
            default:
                .parked(
                    Parking(reason: .handlerRefused, detail: "By an operator.", time: time),
                    token: .none)
            }
        reached(.operatorActed)
        let event = Event(session: id, partition: UInt32(partition), body: body)
        let writer = Writer(node: "operator", incarnation: nextIncarnation())
        land(Sent([event], from: writer, isBatch: false), in: partition)
    }

    // MARK: The end of it

    func endTrouble() {
        broker.isUp = true
        for node in nodes {
            node.files.heal()
            node.files.setCapacity(bytes: .max)
            if node.files.hasPower { node.files.powerGoes(atCall: nil) }
            node.skew = max(-scenario.allowance / 2, min(scenario.allowance / 2, node.skew))
        }
        for worker in workers {
            worker.skew = max(-scenario.allowance / 2, min(scenario.allowance / 2, worker.skew))
            if !worker.isUp { start(worker) }
        }
        for partition in 0..<scenario.partitions where scenario.isMirrored {
            if broker.partitions[partition].assigned == nil { rebalance(partition) }
        }
    }
}
