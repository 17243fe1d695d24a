internal import Kafka
internal import Model
internal import Sessions

/// Everything of a worker that is guarded by its lock.
struct GroupState {
    var partitions: [Int32: OwnedPartition] = [:]
    var gates: Gates
    /// Messages to produce, in order for each partition.
    var outbox: [OutgoingMessage] = []
    /// What was produced and is not acknowledged yet, by slot.
    var inFlight: [UInt64: OutgoingMessage] = [:]
    var nextSlot: UInt64 = 1
    var ended: [EndedRun] = []
    /// Effects of the fold that the consumer's thread has yet to act on: runs to start and events to
    /// queue that are nowhere else.
    var unacted = 0
    /// Writes of runs that wait to be read back.
    var writes: [PendingWrite.Key: CheckedContinuation<Applied?, Never>] = [:]
    /// The last sequence that a run was given for a write.
    var writeSequences: [SessionID: UInt64] = [:]
    var leaving: [Leaving] = []
    /// For metrics: what claims on their way have found, and what partitions that are gone ignored.
    var claims = ClaimNotes()
    /// Claims on their way to partitions that are gone, with the writers that they bear. Nobody here will
    /// ever read them.
    private(set) var orphans: [SessionID: Writer] = [:]
    var departedIgnored = IgnoredCounts()
    var commits: [UInt64: (partition: Int32, offset: Int64)] = [:]
    /// The consumer or the producer is used up; the thread makes them anew.
    var producerFailure: RepriseError?
    var consumerFailure: RepriseError?
    var isStopping = false
    var mayEnd = false
    /// When a worker that stops waits for nothing any more.
    var stopDeadline = Timestamp.distantFuture
}

/// A partition that the group has assigned to this worker.
struct OwnedPartition {
    enum Fold {
        /// Looking for the mark that belongs to the committed offset.
        case opening(PartitionOpening)
        case folding(PartitionMachine)
    }

    var fold: Fold
    let partition: Int32
    var writer: Writer
    /// When to claim it again after another owner's event.
    var reclaimAt: Timestamp?
    var isLeaving = false
    var unreadClaims = UnreadClaims()

    init(fold: Fold, partition: Int32, writer: Writer) {
        self.fold = fold
        self.partition = partition
        self.writer = writer
    }

    /// A copy for looking at; change the machine through `withMachine`.
    var machine: PartitionMachine? {
        if case .folding(let machine) = fold { machine } else { nil }
    }

    /// Of the next message to fold; nil while the fold's beginning is looked for.
    var nextOffset: Int64? {
        if case .folding(let machine) = fold { machine.nextOffset } else { nil }
    }

    /// Changes the machine in place: it is not copied while nobody else holds it.
    mutating func withMachine<Result>(
        _ change: (inout PartitionMachine) -> Result
    ) -> Result? {
        guard case .folding(var machine) = fold else { return nil }
        fold = .opening(PartitionOpening.empty)
        defer { fold = .folding(machine) }
        return change(&machine)
    }

    /// The claim on the partition.
    var ownerMessage: OutgoingMessage {
        let event = Event(
            session: Event.noSession, partition: UInt32(partition), body: .owner(writer))
        return OutgoingMessage(
            content: .events(partition: partition, [event], writer: writer))
    }
}

extension GroupState {
    /// Stops claiming in a partition.
    mutating func leave(_ number: Int32, now: Timestamp) {
        guard var owned = partitions.removeValue(forKey: number) else { return }
        owned.isLeaving = true
        owned.withMachine { $0.leave(now: now, gates: &gates) }
        giveBackClaims(of: &owned, now: now)
        partitions[number] = owned
    }

    /// The partition is gone.
    mutating func drop(_ number: Int32, now: Timestamp) {
        leave(number, now: now)
        guard let machine = partitions.removeValue(forKey: number)?.machine else { return }
        departedIgnored = departedIgnored + machine.table.ignored
        for (id, writer) in machine.disownedClaims { orphans[id] = writer }
    }

    /// What is on its way will never be reported.
    mutating func forgetOrphans() { orphans.removeAll() }

    /// Kafka has a message, at `offset` of its partition; -1 where it does not say.
    mutating func delivered(_ message: OutgoingMessage, at offset: Int64, now: Timestamp) {
        guard offset >= 0, case .events(let number, let events, let writer) = message.content else {
            return
        }
        let claims = UnreadClaims.Message(offset: offset, events: events, writer: writer)
        giveBackOrphans(in: claims, of: number, now: now)
        guard var owned = partitions.removeValue(forKey: number) else { return }
        // A claim may be read back before it is reported.
        if owned.nextOffset.map({ $0 <= offset }) ?? false {
            owned.unreadClaims.note(claims)
            if owned.isLeaving { giveBackClaims(of: &owned, now: now) }
        }
        partitions[number] = owned
    }

    /// What this worker has claimed in a partition that it leaves, and will perhaps not read any more.
    private mutating func giveBackClaims(of owned: inout OwnedPartition, now: Timestamp) {
        let messages = owned.unreadClaims.takeAll()
        let given = owned.withMachine { machine in
            messages.flatMap { message in
                message.claims.compactMap { id, position in
                    machine.giveBack(id, claimedBy: message.writer, at: position, now: now)
                }
            }
        }
        write(given ?? [], to: owned.partition, as: owned.writer)
    }

    private mutating func giveBackOrphans(
        in message: UnreadClaims.Message, of number: Int32, now: Timestamp
    ) {
        guard !orphans.isEmpty else { return }
        var given: [Event] = []
        for (id, position) in message.claims where orphans[id] == message.writer {
            orphans[id] = nil
            given.append(PartitionMachine.released(id, position, in: number, now: now))
        }
        write(given, to: number, as: message.writer)
    }

    private mutating func write(_ events: [Event], to number: Int32, as writer: Writer) {
        guard !events.isEmpty else { return }
        outbox.append(
            OutgoingMessage(content: .events(partition: number, events, writer: writer)))
    }

    /// Nothing is to be written any more, nor to be acknowledged or read back, before these
    /// partitions may go.
    func isSettled(_ numbers: Set<Int32>) -> Bool {
        unacted == 0 && ended.isEmpty && outbox.isEmpty && orphans.isEmpty
            && numbers.allSatisfy { partitions[$0]?.machine?.hasDisownedClaims != true }
            && inFlight.values.allSatisfy { !numbers.contains($0.partition) }
    }
}

extension GroupState {
    /// Takes out the writes that wait for partitions whose log will not answer them: the claim on it
    /// was given up, or made anew.
    mutating func takeWrites(
        of numbers: Set<Int32>
    ) -> [CheckedContinuation<Applied?, Never>] {
        let keys = writes.keys.filter { numbers.contains($0.partition) }
        for key in keys { writeSequences[key.session] = nil }
        return keys.compactMap { writes.removeValue(forKey: $0) }
    }
}

/// A message on its way to a topic.
struct OutgoingMessage {
    enum Content {
        case events(partition: Int32, [Event], writer: Writer)
        case deadLetter(Session, partition: Int32)
    }

    var content: Content

    /// The partition that it is about.
    var partition: Int32 {
        switch content {
        case .events(let partition, _, _), .deadLetter(_, let partition): partition
        }
    }

    /// Whether it still says something after this worker's claim on the partition is gone: results
    /// count by their token, whoever sends them.
    var outlivesOwnership: OutgoingMessage? {
        guard case .events(let partition, let events, let writer) = content else { return self }
        let results = events.filter { event in
            switch event.body {
            case .completed, .retried: true
            case .parked(_, let token): token != .none
            default: false
            }
        }
        guard !results.isEmpty else { return nil }
        return OutgoingMessage(content: .events(partition: partition, results, writer: writer))
    }
}

struct EndedRun {
    var session: Session
    var run: Run
    var outcome: HandlerOutcome
}

/// A run's write, until the fold has decided on it.
enum PendingWrite {
    struct Key: Hashable {
        var partition: Int32
        var session: SessionID
        var sequence: UInt64
    }
}

/// Partitions that the group takes away, while their runs finish.
struct Leaving {
    var rebalance: KafkaRebalance
    var partitions: Set<Int32>
    var deadline: Timestamp
}
