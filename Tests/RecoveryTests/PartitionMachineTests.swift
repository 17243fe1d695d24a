import Model
import Recovery
import Sessions
import TestSupport
import Testing

@Suite struct PartitionMachineTests {
    @Test func `nothing is claimed before the claim on the partition was read back`() {
        var rig = PartitionRig()
        rig.open(1, due: 10)
        #expect(rig.tick(100).isEmpty)
        #expect(rig.machine.nextTick(now: Timestamp(milliseconds: 100), gates: rig.gates) == nil)
        #expect(rig.own() == [.becameOwner])
        #expect(rig.tick(100).joined().contains { $0.body.type == .claimed })
    }

    @Test func `it has caught up with its first claim on the partition, for good`() {
        var rig = PartitionRig()
        rig.open(1, due: 10)
        #expect(!rig.machine.hasCaughtUp)
        rig.own()
        #expect(rig.machine.hasCaughtUp)
        rig.reclaim(as: PartitionRig.other)
        #expect(rig.machine.hasCaughtUp)
        rig.leave()
        #expect(rig.machine.hasCaughtUp)
    }

    @Test func `a claim is acted on only after it was read back`() throws {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let proposals = rig.tick(10)
        #expect(rig.effects.runs.isEmpty)
        #expect(rig.tick(20).isEmpty, "it is proposed once")
        let claim = try #require(proposals.first)
        let runs = rig.read(claim, from: PartitionRig.worker).runs
        #expect(runs.count == 1)
        #expect(runs.first?.session.id == SessionTrace.id(1))
        #expect(runs.first?.run.attempt == 1)
        #expect(runs.first?.run.token == rig.last)
    }

    @Test func `a claim that another owner's event came before starts nothing`() throws {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let claim = try #require(rig.tick(10).first)
        #expect(rig.own(PartitionRig.other) == [.fenced(by: PartitionRig.other)])
        #expect(rig.read(claim, from: PartitionRig.worker).runs.isEmpty)
        #expect(rig.machine.stage == .fenced)
        #expect(rig.machine.table.ignored[.notOwner] == 1)
        #expect(rig.tick(1_000).isEmpty, "a fenced owner claims nothing")
    }

    @Test func `the place of a claim that did not count is given back`() throws {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let claim = try #require(rig.tick(10).first)
        #expect(rig.running == 1)
        rig.read([PartitionRig.event(1, 2, .completed(token: .none))], from: PartitionRig.node)
        #expect(rig.read(claim, from: PartitionRig.worker).runs.isEmpty)
        _ = rig.tick(20)
        #expect(rig.running == 0)
    }

    @Test func `a partition that is claimed again goes on without a new fold`() throws {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let lost = try #require(rig.tick(10).first)
        rig.own(PartitionRig.other)
        let again = Writer(node: "worker", incarnation: 9)
        rig.reclaim(as: again)
        #expect(rig.running == 0, "the place of the dropped claim is free")
        #expect(rig.machine.ownerEvent.body == .owner(again))
        #expect(rig.tick(20).isEmpty)
        rig.read(lost, from: PartitionRig.worker)
        #expect(rig[1]?.attempts == 0, "the old claim does not count")
        rig.own(again)
        let runs = rig.step(30).runs
        #expect(runs.first?.run.attempt == 1)
    }

    @Test func `a claim read back after the worker has begun to leave is given back uncounted`()
        throws
    {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let claim = try #require(rig.tick(10).first)
        rig.leave()
        #expect(rig.machine.hasDisownedClaims)
        #expect(rig.running == 0)
        let effects = rig.read(claim, from: PartitionRig.worker)
        #expect(effects.runs.isEmpty, "nothing new is started while it leaves")
        let (session, run) = try #require(effects.releases.first)
        #expect(!rig.machine.hasDisownedClaims)
        let now = Timestamp(milliseconds: 12)
        rig.read(
            [PartitionMachine.released(session.id, run.token, in: 3, now: now)],
            from: PartitionRig.worker)
        #expect(rig[1]?.phase == .waiting(due: now))
        #expect(rig[1]?.attempts == 0)
    }

    /// A group that takes a partition away may not let it be read any more.
    @Test func `a claim that is in the log, and not read back, is given back by its place`() throws
    {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        rig.open(2, due: 10)
        let claims = try #require(rig.tick(10).first)
        let now = Timestamp(milliseconds: 12)
        let (one, two) = (SessionTrace.id(1), SessionTrace.id(2))
        func place(_ index: Int) -> Position { Position(offset: rig.offset, index: index) }
        let worker = PartitionRig.worker
        #expect(rig.machine.giveBack(one, claimedBy: worker, at: place(0), now: now) == nil)
        rig.leave()
        #expect(
            rig.machine.giveBack(one, claimedBy: PartitionRig.other, at: place(0), now: now) == nil)
        let first = rig.machine.giveBack(one, claimedBy: worker, at: place(0), now: now)
        #expect(rig.machine.hasDisownedClaims, "the other one")
        let second = rig.machine.giveBack(two, claimedBy: worker, at: place(1), now: now)
        #expect(!rig.machine.hasDisownedClaims)
        #expect(rig.machine.giveBack(one, claimedBy: worker, at: place(0), now: now) == nil, "once")
        // Where it is read after all, nothing is given back twice, or run.
        let effects = rig.read(claims, from: worker)
        #expect(effects.runs.isEmpty && effects.releases.isEmpty)
        rig.read(try [#require(first), #require(second)], from: worker)
        for number in [1, 2] {
            #expect(rig[number]?.phase == .waiting(due: now))
            #expect(rig[number]?.attempts == 0)
        }
    }

    @Test func `what gives back a claim that does not count, does not count either`() throws {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let claims = try #require(rig.tick(10).first)
        rig.leave()
        // Another owner came first.
        rig.own(PartitionRig.other)
        let given = rig.machine.giveBack(
            SessionTrace.id(1), claimedBy: PartitionRig.worker,
            at: Position(offset: rig.offset), now: .zero)
        rig.read(claims, from: PartitionRig.worker)
        let before = rig[1]
        rig.read(try [#require(given)], from: PartitionRig.worker)
        #expect(rig[1] == before)
    }

    @Test
    func `a claim of an earlier writer that counts is given back, one that comes late is not`()
        throws
    {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        rig.open(2, due: 10)
        let claims = try #require(rig.tick(10).first)
        #expect(claims.count == 2)
        let again = Writer(node: "worker", incarnation: 9)
        rig.reclaim(as: again)
        let early = rig.read([claims[0]], from: PartitionRig.worker)
        #expect(early.releases.count == 1)
        rig.own(again)
        #expect(!rig.machine.hasDisownedClaims)
        #expect(rig.read([claims[1]], from: PartitionRig.worker).isEmpty)
        #expect(rig.machine.table.ignored[.notOwner] == 1)
    }

    @Test func `a zombie's claim and a late owner's are passed over by the next owner`() throws {
        var rig = PartitionRig(PartitionRig.other)
        rig.own(PartitionRig.worker)
        rig.open(1, due: 10)
        let claim = Event.Claim(
            attempt: 1, deadline: Timestamp(milliseconds: 50), time: Timestamp(milliseconds: 10))
        rig.read([PartitionRig.event(1, 0, .claimed(claim))], from: PartitionRig.worker)
        let zombie = rig.last
        rig.own(PartitionRig.other)
        let runs = rig.step(50).runs
        #expect(runs.first?.run.attempt == 2)
        let token = try #require(runs.first?.run.token)
        #expect(token > zombie)
        rig.read([PartitionRig.event(1, 0, .completed(token: zombie))], from: PartitionRig.worker)
        #expect(rig[1] != nil, "its token is stale")
        rig.read([PartitionRig.event(1, 0, .completed(token: token))], from: PartitionRig.other)
        #expect(rig[1] == nil)
    }

    @Test func `a late result counts as long as nobody has claimed since`() {
        var rig = PartitionRig(PartitionRig.other)
        rig.own(PartitionRig.worker)
        rig.open(1, due: 10)
        let claim = Event.Claim(
            attempt: 1, deadline: Timestamp(milliseconds: 500), time: Timestamp(milliseconds: 10))
        rig.read([PartitionRig.event(1, 0, .claimed(claim))], from: PartitionRig.worker)
        let token = rig.last
        rig.own(PartitionRig.other)
        rig.read([PartitionRig.event(1, 0, .completed(token: token))], from: PartitionRig.worker)
        #expect(rig[1] == nil)
        #expect(rig.machine.table.totals.completed == 1)
    }

    @Test func `a partition that is left claims nothing more, and its results count`() throws {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        rig.open(2, due: 20)
        let run = try #require(rig.step(10).runs.first)
        rig.leave()
        #expect(rig.tick(1_000).isEmpty)
        rig.read(
            [PartitionRig.event(1, 0, .completed(token: run.run.token))], from: PartitionRig.worker)
        #expect(rig[1] == nil)
        #expect(rig[2] != nil)
    }

    @Test func `a message that was folded already is not folded again`() {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let first = rig.log[1]
        var effects: [PartitionMachine.Effect] = []
        rig.machine.fold(first, effects: &effects)
        #expect(rig.machine.nextOffset == 2)
        #expect(rig.machine.table.ignored[.duplicate] == 0)
    }

    // MARK: What cannot be read

    @Test func `an undecodable message is parked with its bytes and its headers`() throws {
        var rig = PartitionRig()
        rig.own()
        let header = Header("traceparent", "00-1-2-3")
        let letters = rig.read(
            PartitionMessage(
                offset: rig.offset, origin: Origin(writer: .nobody),
                time: Timestamp(milliseconds: 7), isBatch: false, value: [0xFF, 0x01, 0x02],
                headers: [header])
        ).deadLetters
        let session = try #require(letters.first)
        #expect(session.records == [[0xFF, 0x01, 0x02]])
        #expect(session.headers == [header])
        guard case .parked(let parking) = session.phase else {
            Issue.record("not parked: \(session.phase)")
            return
        }
        #expect(parking.reason == .undecodable)
        #expect(rig.machine.table.conservationDifference == 0)
    }

    @Test func `an event that cannot be read does not hide its neighbours in the batch`() throws {
        var rig = PartitionRig()
        rig.own()
        func opened(_ number: Int) -> Event {
            PartitionRig.event(
                number, 1,
                .opened(
                    Event.Opening(
                        kind: SessionTrace.kind, record: nil, headers: [], lease: .zero,
                        time: .zero)))
        }
        var bytes = EventBatch.encoded([opened(1)])
        // Field 1, length-delimited, with two bytes that are no event.
        bytes += [bytes[0], 2, 0xFF, 0xFF]
        bytes += EventBatch.encoded([opened(2)])
        let letters = rig.read(
            PartitionMessage(
                offset: rig.offset, origin: Origin(writer: PartitionRig.node), time: .zero,
                isBatch: true, value: bytes)
        ).deadLetters
        #expect(rig[1] != nil)
        #expect(rig[2] != nil)
        #expect(letters.count == 1)
        #expect(letters.first?.kind == .undecodable)
    }

    @Test func `a batch that is cut short is parked whole`() {
        var rig = PartitionRig()
        rig.own()
        let events = (1...3).map {
            PartitionRig.event($0, 0, .cancelled(at: .zero))
        }
        let bytes = Array(EventBatch.encoded(events).dropLast(3))
        let letters = rig.read(
            PartitionMessage(
                offset: rig.offset, origin: Origin(writer: .nobody), time: .zero, isBatch: true,
                value: bytes)
        ).deadLetters
        #expect(letters.map(\.records) == [[bytes]])
    }

    @Test func `a tombstone is data that says nothing`() {
        var rig = PartitionRig()
        rig.own()
        let before = rig.machine.table.alive
        let effects = rig.read(
            PartitionMessage(
                offset: rig.offset, origin: Origin(writer: .nobody), time: .zero, isBatch: false,
                value: nil))
        #expect(effects.isEmpty)
        #expect(rig.machine.table.alive == before)
        #expect(rig.machine.nextOffset == 2)
    }

    @Test func `an empty value is parked, not dropped`() {
        var rig = PartitionRig()
        rig.own()
        let letters = rig.read(
            PartitionMessage(
                offset: rig.offset, origin: Origin(writer: .nobody), time: .zero, isBatch: false,
                value: [])
        ).deadLetters
        #expect(letters.count == 1)
    }

    @Test(arguments: [PartitionRig.node, PartitionRig.other, PartitionRig.worker, .nobody])
    func `a hand-over in the topic makes no session vanish`(writer: Writer) {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        rig.read([PartitionRig.event(1, 0, .handedOver)], from: writer)
        #expect(rig[1] != nil)
    }

    // MARK: Dead letters

    @Test func `a parked session is sent to the dead letters, and gone when they have it`() throws {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10, headers: [Header("a", "b")])
        let run = try #require(rig.step(10).runs.first)
        let parking = Parking(reason: .handlerRefused, detail: "no", time: .zero)
        let letters = rig.read(
            [PartitionRig.event(1, 0, .parked(parking, token: run.run.token))],
            from: PartitionRig.worker
        ).deadLetters
        #expect(letters.map(\.id) == [SessionTrace.id(1)])
        #expect(letters.first?.headers == [Header("a", "b")])
        rig.read([PartitionRig.event(1, 0, .deadLettered)], from: PartitionRig.worker)
        #expect(rig[1] == nil)
        #expect(rig.machine.table.totals.deadLettered == 1)
        #expect(rig.machine.table.conservationDifference == 0)
    }

    @Test func `what an earlier owner parked and did not send is sent by the next`() throws {
        var rig = PartitionRig(PartitionRig.other)
        rig.own(PartitionRig.worker)
        rig.open(1, due: 10)
        let claim = Event.Claim(
            attempt: 1, deadline: Timestamp(milliseconds: 500), time: Timestamp(milliseconds: 10))
        rig.read([PartitionRig.event(1, 0, .claimed(claim))], from: PartitionRig.worker)
        let parking = Parking(reason: .handlerRefused, detail: "no", time: .zero)
        let early = rig.read(
            [PartitionRig.event(1, 0, .parked(parking, token: rig.last))],
            from: PartitionRig.worker)
        #expect(early.deadLetters.isEmpty, "not ours yet")
        #expect(rig.own(PartitionRig.other).deadLetters.map(\.id) == [SessionTrace.id(1)])
    }

    // MARK: A run's own writes

    @Test func `a run's write is answered when it is read back, also where it came too late`()
        throws
    {
        var rig = PartitionRig()
        rig.own()
        rig.open(1, due: 10)
        let run = try #require(rig.step(10).runs.first).run
        let write = Event.Write(
            record: [7], until: Timestamp(milliseconds: 90), token: run.token)
        let event = PartitionRig.event(1, 2, .appended(write))
        #expect(
            rig.read([event], from: PartitionRig.worker)
                == [.wrote(SessionTrace.id(1), sequence: 2, .accepted)])
        let stale = PartitionRig.event(
            1, 3, .appended(Event.Write(record: [8], until: .zero, token: Position(rawValue: 1))))
        #expect(
            rig.read([stale], from: PartitionRig.worker)
                == [.wrote(SessionTrace.id(1), sequence: 3, .ignored(.staleToken))])
    }
}
