import Model
@testable import Recovery
import Sessions
import TestSupport
import Testing

@Suite struct RunMetersTests {
    private let kind = SessionTrace.kind

    private func run(_ number: Int) -> (Session, Run) {
        var rig = PartitionRig()
        rig.own()
        rig.open(number, due: 1_000)
        let session = rig.machine.table[SessionTrace.id(number)]!
        let run = Run(attempt: 1, token: Position(offset: 7), deadline: .zero)
        return (session, run)
    }

    @Test func `runs are counted by what they came to`() {
        let meters = RunMeters(kinds: [kind]) { 3_000_000_000 }
        let (session, run) = run(1)
        let (other, _) = self.run(2)
        meters.started(session, run, late: 2_500)
        meters.ended(session, run, RunCounts.name(of: .complete))
        meters.ended(session, run, RunCounts.name(of: .failed(.handlerTimeout, reason: "")))
        // Of another partition, with the same offset.
        meters.ended(other, run, RunCounts.name(of: .failed(.handlerFailed, reason: "")))
        meters.expired(kind)
        let counts = meters.counts[kind]
        #expect(counts?.started == 1)
        #expect(counts?.ended == ["complete": 1, "timeout": 1, "failed": 1])
        #expect(counts?.expired == 1)
        #expect(counts?.lateness.sum == 2.5)
        #expect(counts?.duration.count == 1, "the others did not begin here")
    }

    @Test func `kinds are those with a handler`() {
        let meters = RunMeters(kinds: [kind]) { 0 }
        let stranger = Kind(unchecked: "stranger")
        meters.expired(stranger)
        #expect(Set(meters.counts.keys) == [kind])
        meters.add([kind, stranger])
        meters.expired(stranger)
        #expect(meters.counts[stranger]?.expired == 1)
    }

    @Test func `every outcome has a label that is listed`() {
        let outcomes: [HandlerOutcome] = [
            .complete, .retry(), .unavailable(), .park(reason: ""),
            .failed(.handlerFailed, reason: ""), .failed(.handlerTimeout, reason: ""),
        ]
        for outcome in outcomes {
            #expect(RunCounts.outcomes.contains(RunCounts.name(of: outcome)))
        }
    }

    @Test func `kinds are added up for the history`() {
        let meters = RunMeters(kinds: [kind]) { 0 }
        let (session, run) = run(1)
        for name in RunCounts.outcomes { meters.ended(session, run, name) }
        meters.parked(.attemptsExhausted)
        let tally = RunTally(meters.counts.values, parked: meters.parked.values)
        #expect(tally.completed == 1)
        #expect(tally.failed == 2)
        #expect(tally.retried == 2)
        #expect(tally.parked == 1)
    }

    @Test func `a claim notes since when its session is due, and whether a run was lost`() {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 1_000)
        var notes = ClaimNotes()
        let table = rig.machine.table
        let claims = Array(rig.tick(2_000).joined())
        #expect(notes.note(claims, in: table, allowance: 500).isEmpty)
        let note = notes.take(SessionTrace.id(1))
        #expect(note?.due == Timestamp(milliseconds: 1_500))
        #expect(note?.endsRun == false)
        #expect(notes.take(SessionTrace.id(1)) == nil)
        rig.read(claims, from: PartitionRig.worker)
        let later = rig.machine.table
        _ = notes.note(Array(rig.tick(10_000_000).joined()), in: later, allowance: 0)
        #expect(notes.take(SessionTrace.id(1))?.endsRun == true)
    }
}
