import Model
import Sessions
import TestSupport

/// A partition with its scheduler and gates: events proposed are written and read back.
struct SchedulerPartition {
    var log = SessionTrace()
    var scheduler: Scheduler
    var gates: Gates
    var handedOut: [(id: SessionID, time: Int64, run: Run)] = []

    init(
        allowance: Milliseconds = 0,
        kinds: [Kind: KindPolicy] = [SessionTrace.kind: KindPolicy()],
        fallback: KindPolicy = KindPolicy()
    ) {
        scheduler = Scheduler(allowance: allowance, fallback: fallback)
        gates = Gates(kinds)
        log.own()
    }

    mutating func schedule(_ number: Int) {
        scheduler.schedule(SessionTrace.id(number), in: &log.table)
    }

    /// Opens sessions that are due at `due`.
    mutating func open(_ numbers: Range<Int>, due: Int64, kind: Kind = SessionTrace.kind) {
        for number in numbers {
            log.open(number, lease: due, kind: kind)
            schedule(number)
        }
    }

    mutating func propose(_ now: Int64, limit: Int = 1_000) -> [Event] {
        scheduler.step(
            now: Timestamp(milliseconds: now), table: &log.table, gates: &gates, limit: limit)
    }

    mutating func readBack(_ events: [Event], _ now: Int64) {
        for event in events {
            let applied = log.add(event, from: Origin(writer: SessionTrace.worker))
            let kind = scheduler.decided(event.session, in: &log.table)
            guard case .claimed = event.body else { continue }
            if applied == .accepted, let run = log.table[event.session]?.run {
                handedOut.append((event.session, now, run))
            } else if let kind {
                gates.giveBack(kind, now: Timestamp(milliseconds: now))
            }
        }
    }

    mutating func step(_ now: Int64, limit: Int = 1_000) {
        readBack(propose(now, limit: limit), now)
    }

    func next(_ now: Int64) -> Int64? {
        scheduler.nextTime(now: Timestamp(milliseconds: now), gates: gates)?.milliseconds
    }

    /// A run's result, judged by the gate.
    mutating func end(
        _ number: Int, _ outcome: HandlerOutcome, at now: Int64,
        policy: RetryPolicy = RetryPolicy()
    ) {
        let id = SessionTrace.id(number)
        guard let session = log.table[id], let run = session.run else { return }
        let time = Timestamp(milliseconds: now)
        let judged = gates.release(session.kind, outcome, of: id, now: time)
        let event = Verdict.event(
            for: judged, of: run, session: session, policy: policy, now: time, random: 0,
            limits: Limits())
        log.add(event, from: Origin(writer: SessionTrace.worker))
        scheduler.schedule(id, in: &log.table)
    }
}
