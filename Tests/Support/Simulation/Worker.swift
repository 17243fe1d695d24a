internal import Model
internal import Recovery
internal import Sessions

/// A member of the recovery group: its clock, its gates, and its tenures of partitions.
final class Worker {
    /// A table as of an offset, on the worker's disk.
    struct Checkpoint {
        var table: SessionTable
        var offset: Int64
    }

    unowned let world: World
    let index: Int
    var skew: Milliseconds = 0
    private(set) var isUp = true
    var gates: Gates
    private(set) var tenures: [Tenure] = []
    private(set) var checkpoints: [Int: Checkpoint] = [:]

    init(_ world: World, index: Int) {
        self.world = world
        self.index = index
        gates = world.scenario.gates
    }

    var now: Timestamp { world.time + skew }
    var name: String { "w\(index)" }

    var isQuiet: Bool { tenures.allSatisfy(\.isQuiet) }

    // MARK: The group's word

    /// The group says who has the partition; a worker that does not hear it goes on as before.
    func hears(_ assigned: Int?, of partition: Int, generation: Int) {
        guard isUp else { return }
        let current = tenures.first { $0.partition == partition && $0.believes }
        if assigned == index {
            if let current {
                current.generation = generation
                return
            }
            world.trace.note("\(name) takes p\(partition)")
            tenures.append(Tenure(self, partition: partition, generation: generation))
        } else if let current {
            world.trace.note("\(name) leaves p\(partition)")
            current.leave()
        }
    }

    // MARK: Its loop

    func act() {
        // One of them may be slow: what it owns is soon somebody else's, and trimmed under it.
        let reading = index == 0 ? world.reading : world.speed
        for tenure in tenures {
            if world.dice.percent(reading) { tenure.read() }
            if world.dice.percent(world.speed) { tenure.tick() }
            if world.dice.percent(world.speed) { tenure.advanceRuns() }
            if world.dice.percent(world.speed) { tenure.writeDeadLetters() }
            if world.dice.percent(world.speed) { tenure.deliver() }
            if world.dice.percent(world.speed) { tenure.commit() }
            if world.dice.percent(5) { save(tenure) }
        }
        tenures.removeAll { $0.isOver }
    }

    private func save(_ tenure: Tenure) {
        guard let machine = tenure.machine else { return }
        checkpoints[tenure.partition] = Checkpoint(
            table: machine.table, offset: machine.nextOffset)
    }

    // MARK: Failures

    func crash() {
        guard isUp else { return }
        world.trace.note("\(name) crashes")
        for tenure in tenures { tenure.abandon() }
        tenures = []
        gates = world.scenario.gates
        isUp = false
    }

    func start() {
        guard !isUp else { return }
        world.trace.note("\(name) starts")
        isUp = true
    }

    /// A fatal producer error: all its tenures must claim their partitions again.
    func loseProducer() {
        guard isUp else { return }
        world.trace.note("\(name): the producer is lost")
        for tenure in tenures { tenure.loseProducer() }
    }
}
