import Model
@testable import Sessions
import TestSupport
import Testing

@Suite struct ReadinessTests {
    private static let now = Timestamp(milliseconds: 5_000)

    private func partition(concurrency: Int) -> (SessionTrace, Scheduler, Gates) {
        var log = SessionTrace()
        var scheduler = Scheduler(allowance: 0)
        var policy = KindPolicy()
        policy.concurrency = concurrency
        log.own()
        for (number, due) in [(1, 1_000), (2, 2_000), (3, 9_000)] {
            log.open(number, lease: Int64(due))
            scheduler.schedule(SessionTrace.id(number), in: &log.table)
        }
        return (log, scheduler, Gates([SessionTrace.kind: policy]))
    }

    @Test func `what waits for a place is counted, with its oldest due time`() {
        var (log, scheduler, gates) = partition(concurrency: 0)
        _ = scheduler.step(now: Self.now, table: &log.table, gates: &gates, limit: 10)
        let readiness = scheduler.readiness(now: Self.now, table: log.table)[SessionTrace.kind]
        #expect(readiness?.count == 2)
        #expect(readiness?.oldest == Timestamp(milliseconds: 1_000))
    }

    @Test func `a claim that is not read back leaves its session due`() {
        var (log, scheduler, gates) = partition(concurrency: 10)
        let claims = scheduler.step(now: Self.now, table: &log.table, gates: &gates, limit: 10)
        #expect(claims.count == 2)
        let stuck = scheduler.readiness(now: Self.now, table: log.table)[SessionTrace.kind]
        #expect(stuck?.count == 0)
        #expect(stuck?.oldest == Timestamp(milliseconds: 1_000))
        for claim in claims {
            log.add(claim, from: Origin(writer: SessionTrace.worker))
            scheduler.decided(claim.session, in: &log.table)
        }
        #expect(scheduler.readiness(now: Self.now, table: log.table).isEmpty)
    }

    @Test func `what nobody has looked at is due all the same`() {
        var (log, scheduler, gates) = partition(concurrency: 10)
        let early = Timestamp(milliseconds: 500)
        _ = scheduler.step(now: early, table: &log.table, gates: &gates, limit: 10)
        #expect(scheduler.readiness(now: early, table: log.table).isEmpty)
        let readiness = scheduler.readiness(now: Self.now, table: log.table)[SessionTrace.kind]
        #expect(readiness?.oldest == Timestamp(milliseconds: 1_000))
    }
}
