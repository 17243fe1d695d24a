package import Logging
package import Model
package import Platform
package import Sessions
internal import Synchronization
package import WAL

/// A node's journal: commands go in, become events, are applied to the table in log order under one
/// lock, and are acknowledged when their bytes are durable. The table may be ahead of the disk by
/// what is in flight; nobody is told of it before it is durable.
package final class Journal: Sendable {
    package struct Options: Sendable {
        package var node: String
        package var directory: String
        package var log = LogOptions()
        package var limits = Limits()
        package var policies: [Kind: KindPolicy]
        /// For kinds that are found in the log but not configured.
        package var fallback = KindPolicy()
        /// Whether a mirror copies the journal to Kafka, where a group recovers its sessions.
        package var isMirrored = false

        package init(node: String, directory: String, policies: [Kind: KindPolicy]) {
            self.node = node
            self.directory = directory
            self.policies = policies
        }
    }

    package let log: Log
    package let options: Options
    /// This node, this journal, this start.
    package let writer: Writer
    /// As in the options at first; they can be replaced.
    package let policies: PolicyBook
    private let time: any TimeSource
    private let core: Mutex<JournalCore>
    /// Notified when something may be due earlier than a sleeping scheduler knows.
    package let changed = Signal()
    /// Notified when more of the log is durable, and when it never will be.
    package let durableChanged: Signal
    private let poison: Poison
    let pendingRetirement = Mutex<PendingRetirement?>(nil)
    private let isClosing = Atomic<Bool>(false)

    private init(
        log: Log, options: Options, writer: Writer, time: any TimeSource, core: JournalCore,
        durableChanged: Signal, poison: Poison
    ) {
        self.durableChanged = durableChanged
        self.poison = poison
        self.log = log
        self.options = options
        policies = PolicyBook(options.policies)
        self.writer = writer
        self.time = time
        self.core = Mutex(core)
    }

    /// Opens the directory, replays what is there, and writes this start's `owner` event, which is
    /// durable when the call returns. Blocks; call it off the cooperative pool where that matters.
    /// `onPoison` is called once, with the first failed write: nothing is acknowledged after it, and
    /// the process should end.
    package static func open(
        _ options: Options, files: any FileSystem = RealFileSystem(),
        time: any TimeSource = SystemTime(), logger: Logger,
        onPoison: @escaping @Sendable (RepriseError) -> Void
    ) throws(RepriseError) -> Journal {
        var core = JournalCore(
            limits: options.limits, mirrored: options.isMirrored, fallback: options.fallback)
        let durableChanged = Signal()
        let poison = Poison()
        let log: Log
        do throws(RepriseError) {
            log = try Log.open(
                directory: options.directory, fileSystem: files, options: options.log, time: time,
                onPoison: { error in
                    poison.set(error)
                    durableChanged.notify()
                    onPoison(error)
                },
                replay: { (lsn, kind, payload) throws(RepriseError) in
                    try core.replay(kind, payload, sequence: lsn.rawValue)
                })
        } catch {
            throw SessionsHit.named(error, in: options.directory, files: files)
        }
        let writer = Writer(
            node: options.node, journal: log.identity, incarnation: log.appended.rawValue + 1)
        log.onDurable { _ in durableChanged.notify() }
        let journal = Journal(
            log: log, options: options, writer: writer, time: time, core: core,
            durableChanged: durableChanged, poison: poison)
        let lsn = try journal.write(
            [Event(session: Event.noSession, body: .owner(writer))], use: .reserve)
        try journal.blockUntilDurable(lsn)
        let alive = core.table.alive
        logger.info(
            "journal opened",
            metadata: [
                "reprise.journal.directory": "\(options.directory)",
                "reprise.journal.last": "\(log.durable)",
                "reprise.sessions.open": "\(alive.open)",
                "reprise.sessions.waiting": "\(alive.waiting)",
                "reprise.sessions.running": "\(alive.running)",
                "reprise.sessions.parked": "\(alive.parked)",
            ])
        return journal
    }

    package func now() -> Timestamp { time.now() }

    package var random: UInt64 { .random(in: .min ... .max) }

    /// Reads the state under the lock; keep `body` short.
    package func withCore<Result>(_ body: (inout JournalCore) -> Result) -> Result {
        core.withLock { body(&$0) }
    }

    package func policy(of kind: Kind) -> KindPolicy {
        policies[kind] ?? options.fallback
    }

    // MARK: Writing

    /// Decides, appends and applies in one step, so that the next command sees this one. Returns
    /// before the event is durable; wait for the number with `log.waitDurable`.
    package func write(
        use: SpaceClass,
        _ decide: (inout JournalCore, CommandContext) throws(RepriseError) -> Event?
    ) throws(RepriseError) -> LSN? {
        guard !isClosing.load(ordering: .relaxed) else { throw Journal.closing }
        let now = time.now()
        let result = core.withLock { core -> Result<LSN?, RepriseError> in
            do throws(RepriseError) {
                let context = core.context(now: now, limits: options.limits)
                guard let event = try decide(&core, context) else { return .success(nil) }
                return .success(try append(event, to: &core, use: use))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Appends events of this process's own (claims, results, carried sessions) as one frame.
    package func write(_ events: [Event], use: SpaceClass) throws(RepriseError) -> LSN {
        let result = core.withLock { core -> Result<LSN, RepriseError> in
            do throws(RepriseError) {
                return .success(try appendBatch(events, to: &core, use: use).lsn)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// As `write`, for callers that hold the lock; tells what the fold said of each event.
    package func appendBatch(
        _ events: [Event], to core: inout JournalCore, use: SpaceClass, isLazy: Bool = false
    ) throws(RepriseError) -> (lsn: LSN, applied: [Applied]) {
        if events.count == 1, let event = events.first {
            let lsn = try appendFrame(event, use: use, isLazy: isLazy)
            return (lsn, [core.record(event, sequence: lsn.rawValue)])
        }
        let lsn = try log.append(
            kind: FrameKind.batch.rawValue, size: EventBatch.encodedSize(events), use: use,
            isLazy: isLazy
        ) { EventBatch.encode(events, into: $0) }
        var applied: [Applied] = []
        applied.reserveCapacity(events.count)
        for (index, event) in events.enumerated() {
            applied.append(core.record(event, sequence: lsn.rawValue, index: index))
        }
        return (lsn, applied)
    }

    private func append(
        _ event: Event, to core: inout JournalCore, use: SpaceClass
    ) throws(RepriseError) -> LSN {
        let lsn = try appendFrame(event, use: use)
        core.record(event, sequence: lsn.rawValue)
        return lsn
    }

    private func appendFrame(
        _ event: Event, use: SpaceClass, isLazy: Bool = false
    ) throws(RepriseError) -> LSN {
        try log.append(
            kind: FrameKind.event.rawValue, size: event.encodedSize, use: use, isLazy: isLazy
        ) { event.encode(into: $0) }
    }

    /// Kafka has everything up to `sequence` as of now, and without the messages of outboxes everything up
    /// to `sessions`. In memory; `savePosition` writes it down.
    package func acknowledge(_ sequence: UInt64, sessions: UInt64? = nil) {
        let now = time.now()
        core.withLock { core in
            core.acknowledge(sequence, now: now)
            if let sessions { core.acknowledgeSessions(sessions, now: now) }
        }
    }

    /// Writes down how far Kafka has the journal. Not forced: after a crash a little is sent again.
    package func savePosition(_ sequence: UInt64) throws(RepriseError) {
        let position = MirrorPosition(sequence: sequence, time: time.now())
        _ = try log.append(
            kind: FrameKind.mirrored.rawValue, size: MirrorPosition.size, use: .reserve
        ) { position.write(to: $0) }
    }

    /// For threads that may block; tasks use `log.waitDurable`.
    package func blockUntilDurable(_ lsn: LSN) throws(RepriseError) {
        while true {
            let seen = durableChanged.count
            if lsn <= log.durable { return }
            if let failure = poison.failure { throw failure }
            durableChanged.wait(whileCountIs: seen, spins: 200)
        }
    }

    // MARK: Closing

    private static let closing = RepriseError(
        .shuttingDown, "The node is shutting down. Use another node, or try again later.")

    /// Refuses new commands from now on.
    package func beginClosing() {
        isClosing.store(true, ordering: .relaxed)
    }

    /// Writes what is in flight, lets go of the directory. Nothing may be called afterwards.
    package func close() {
        beginClosing()
        log.close()
    }
}

/// Why nothing will be durable any more.
private final class Poison: Sendable {
    private let error = Mutex<RepriseError?>(nil)

    var failure: RepriseError? { error.withLock { $0 } }

    func set(_ failure: RepriseError) {
        error.withLock { $0 = failure }
    }
}
