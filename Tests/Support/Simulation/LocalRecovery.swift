internal import Journal
internal import Model
internal import Sessions
internal import WAL

/// Recovery in the node's own process, as `JournalRecovery` drives it: results and claims go to the
/// journal, a run starts when its claim is durable.
final class LocalRecovery {
    private unowned let process: NodeProcess
    private var gates: Gates
    private var outbox: [Event] = []
    private var starting: [(sequence: UInt64, session: Session, run: Run)] = []
    private(set) var runs: [ActiveRun] = []

    private static let eventsInFrame = 4

    private var world: World { process.world }
    private var now: Timestamp { process.node.now }

    init(_ process: NodeProcess, gates: Gates) {
        self.process = process
        self.gates = gates
    }

    var isQuiet: Bool { outbox.isEmpty && starting.isEmpty && runs.allSatisfy(\.isLate) }

    func forgetLate() { runs.removeAll(where: \.isLate) }

    /// Claims what is due and writes what has ended.
    func round() throws(RepriseError) {
        try advanceRuns()
        outbox += step()
        while !outbox.isEmpty {
            let frame = Array(outbox.prefix(Self.eventsInFrame))
            let (lsn, applied) = try process.append(frame, use: .reserve)
            outbox.removeFirst(frame.count)
            for (event, applied) in zip(frame, applied) { settle(event, applied, lsn) }
        }
    }

    private func step() -> [Event] {
        let early: Milliseconds = world.mutation == .claimsEarly ? 100 : 0
        let check = HandOutCheck(
            table: process.core.table, outstanding: process.core.scheduler?.proposed ?? [],
            allowance: 0, policies: world.scenario.policies)
        var events = process.core.step(now: now + early, gates: &gates, limit: 8)
        if world.mutation == .newestFirst { events.reverse() }
        if check.run(events, now: now, world.findings) > 0 { world.reached(.freshBesideBacklog) }
        return events.stableByKind(check.table)
    }

    private func settle(_ event: Event, _ applied: Applied, _ lsn: LSN) {
        switch event.body {
        case .claimed:
            let kind = process.core.decided(event.session)
            if applied == .accepted, let session = process.core.table[event.session],
                let run = session.run
            {
                starting.append((lsn.rawValue, session, run))
            } else if let kind {
                gates.giveBack(kind, now: now)
            }
        case .parked, .retried: process.core.ended(event.session)
        default: break
        }
    }

    /// Starts the runs whose claims are durable.
    func startRuns() {
        let durable =
            world.mutation == .actsBeforeReadingBack
            ? process.log.appended.rawValue : process.log.durable.rawValue
        for start in starting where start.sequence <= durable {
            world.findings.require(
                start.sequence <= process.log.durable.rawValue, .handedOutOnClaim,
                "node \(process.node.index): claim \(start.sequence) is handed out, it is not "
                    + "durable")
            world.ledger.handsOut(
                start.session, start.run, of: process.node.watch.log, isStandalone: true)
            process.node.watch.acknowledge(start.sequence)
            world.reached(.ranHandler)
            runs.append(
                ActiveRun(
                    start.session, start.run, at: world.time, trouble: world.handlerTrouble,
                    dice: &world.dice))
        }
        starting.removeAll { $0.sequence <= durable }
    }

    private func advanceRuns() throws(RepriseError) {
        for index in runs.indices.reversed() {
            let run = runs[index]
            if !run.isLate, world.time >= run.finishes {
                runs.remove(at: index)
                end(run, run.outcome)
            } else if !run.isLate, now >= run.run.deadline {
                end(run, ActiveRun.timeout)
                runs[index].isLate = true
            } else if run.isLate, world.time >= run.finishes {
                runs.remove(at: index)
                world.reached(.lateResult)
                try write(run) { table, context throws(RepriseError) in
                    try table.complete(run.session.id, token: run.run.token, context: context)
                }
            } else if let write = run.writes.first {
                runs[index].writes.removeFirst()
                try self.write(write, of: index)
            }
        }
    }

    private func end(_ run: ActiveRun, _ outcome: HandlerOutcome) {
        let outcome = gates.release(
            run.session.kind, outcome, of: run.session.id, now: now)
        let policy = world.scenario.policy(of: run.session.kind).retry
        outbox.append(
            Verdict.event(
                for: outcome, of: run.run, session: run.session, policy: policy, now: now,
                random: world.dice.bits(), limits: Limits()))
    }

    // MARK: A run's writes

    private func write(_ write: ActiveRun.Write, of index: Int) throws(RepriseError) {
        let run = runs[index]
        let id = run.session.id
        let token = run.run.token
        let lease = world.scenario.policy(of: run.session.kind).handlerTimeout
        try self.write(run) { table, context throws(RepriseError) in
            switch write {
            case .append(let record):
                try table.append(id, record: record, token: token, lease: lease, context: context)
            case .replace(let record):
                try table.replace(id, record: record, token: token, lease: lease, context: context)
            case .extend: try table.extend(id, by: lease, token: token, context: context)
            }
        }
        if case .replace = write { world.ledger.change(id) { $0.records = [] } }
        if let renewed = process.core.table[id]?.run, renewed.token == token {
            runs[index].run.deadline = renewed.deadline
        }
    }

    /// A refusal (a full disk, a stale token) is the handler's to see; it goes on.
    private func write(
        _ run: ActiveRun,
        _ decide: (SessionTable, CommandContext) throws(RepriseError) -> Event
    ) throws(RepriseError) {
        do throws(RepriseError) {
            let context = process.core.context(now: now, limits: Limits())
            let event = try decide(process.core.table, context)
            let (_, applied) = try process.append([event], use: .reserve)
            world.findings.require(
                applied == [.accepted], .survivesFaults,
                "a run's \(event.body) passed the checks, the fold says \(applied)")
        } catch {
            let isRefusal = [.fenced, .notFound, .diskFull, .journalBusy].contains(error.code)
            guard isRefusal else { throw error }
            world.trace.note("run \(run.run.token): \(error.code)")
        }
    }
}
