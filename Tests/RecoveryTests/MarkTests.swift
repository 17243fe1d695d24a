import Model
@testable import Recovery
import Sessions
import TestSupport
import Testing

@Suite struct MarkTests {
    private static var options: PartitionOptions {
        var options = PartitionRig.options
        options.markInterval = 100
        return options
    }

    private static func marks(_ messages: [[Event]]) -> [Mark] {
        messages.joined().compactMap { if case .mark(let mark) = $0.body { mark } else { nil } }
    }

    @Test func `a mark is committed once nothing unfinished begins before it`() throws {
        var rig = PartitionRig(options: Self.options)
        rig.own()
        rig.open(1, due: 5_000)
        rig.open(2, due: 5_000)
        let start = rig.offset
        #expect(rig.step(1_000).commits.isEmpty, "two sessions began before it")
        rig.read([PartitionRig.event(1, 2, .completed(token: .none))], from: PartitionRig.node)
        #expect(rig.effects.commits.isEmpty)
        rig.read([PartitionRig.event(2, 2, .completed(token: .none))], from: PartitionRig.node)
        #expect(rig.effects.commits == [start])
    }

    @Test func `marks come at their interval, and none while nothing is new`() {
        var rig = PartitionRig(options: Self.options)
        rig.own()
        rig.open(1, due: 5_000)
        #expect(Self.marks(rig.tick(1_000)).isEmpty == false)
        #expect(rig.tick(2_000).isEmpty, "the first is not read back yet")
    }

    @Test func `a mark that was read back is no news`() {
        var rig = PartitionRig(options: Self.options)
        rig.own()
        rig.step(1_000)
        #expect(rig.tick(100_000).isEmpty)
        #expect(
            rig.machine.nextTick(now: Timestamp(milliseconds: 100_000), gates: rig.gates) == nil)
    }

    @Test func `a fold that begins at the committed offset rebuilds the partition`() throws {
        var rig = PartitionRig(options: Self.options)
        rig.own()
        for number in 1...20 { rig.open(number, due: 5_000) }
        for number in 1...20 {
            rig.read(
                [PartitionRig.event(number, 2, .completed(token: .none))], from: PartitionRig.node)
        }
        rig.step(1_000)
        for number in 21...30 { rig.open(number, due: 5_000) }
        let start = try #require(rig.effects.commits.last)
        #expect(start > 20)

        var opening = PartitionOpening(
            start: start, ownerWriter: PartitionRig.other, limits: Limits())
        var beginning: PartitionOpening.Beginning?
        var rest: [PartitionMessage] = []
        for message in rig.log where message.offset >= start {
            if beginning == nil {
                beginning = opening.read(message)
            } else {
                rest.append(message)
            }
        }
        let found = try #require(beginning)
        #expect(found.hasMark)
        var second = PartitionRig(
            PartitionRig.other, table: found.table, offset: found.offset)
        for message in found.messages + rest { second.read(message) }
        #expect(SessionCheck.difference(second.machine.table, rig.machine.table) == nil)
        #expect(second.machine.table.totals == rig.machine.table.totals)
        #expect(second.machine.table.conservationDifference == 0)
    }

    @Test func `without its mark a fold takes all there is, and says so`() throws {
        var opening = PartitionOpening(
            start: 5, ownerWriter: PartitionRig.worker, limits: Limits())
        let session = PartitionRig.message(
            [
                PartitionRig.event(
                    1, 1,
                    .opened(
                        Event.Opening(
                            kind: SessionTrace.kind, record: nil, headers: [], lease: .zero,
                            time: .zero)))
            ], from: PartitionRig.node, at: 5)
        #expect(opening.read(session) == nil)
        let owner = PartitionRig.message(
            [Event(session: Event.noSession, body: .owner(PartitionRig.worker))],
            from: PartitionRig.worker, at: 6)
        let found = opening.read(owner)
        let beginning = try #require(found)
        #expect(!beginning.hasMark)
        #expect(beginning.messages.map(\.offset) == [5, 6])
        #expect(opening.beginningWithoutMark().messages.count == 2)
    }

    @Test func `a log that ends before the committed offset is folded from its beginning`() throws {
        var opening = PartitionOpening(
            start: 1_000, ownerWriter: PartitionRig.worker, limits: Limits())
        var log = PartitionRig()
        log.open(1, due: 5_000)
        log.own()
        var beginning: PartitionOpening.Beginning?
        for message in log.log where beginning == nil { beginning = opening.read(message) }
        let found = try #require(beginning, "its own claim ends the search")
        #expect(!found.hasMark)
        var second = PartitionRig(table: found.table, offset: found.offset)
        for message in found.messages { second.read(message) }
        #expect(second[1] != nil)
        #expect(second.machine.stage == .owning)
    }

    @Test func `a mark of a stranger, or of another offset, begins no fold`() {
        var opening = PartitionOpening(
            start: 5, ownerWriter: PartitionRig.worker, limits: Limits())
        let mark = Mark(start: 5, owner: PartitionRig.other, journals: [:], totals: Totals())
        func message(_ mark: Mark, from writer: Writer, at offset: Int64) -> PartitionMessage {
            PartitionRig.message(
                [Event(session: Event.noSession, body: .mark(mark))], from: writer, at: offset)
        }
        #expect(opening.read(message(mark, from: PartitionRig.node, at: 5)) == nil)
        var elsewhere = mark
        elsewhere.start = 4
        #expect(opening.read(message(elsewhere, from: PartitionRig.other, at: 6)) == nil)
        #expect(opening.read(message(mark, from: PartitionRig.other, at: 7))?.hasMark == true)
    }

    @Test func `a session that holds the mark back is carried to the tail`() throws {
        var options = Self.options
        options.carryLag = 10
        var rig = PartitionRig(options: options)
        rig.own()
        rig.open(1, due: 1_000_000)
        for number in 2...40 {
            rig.open(number, due: 5_000)
            rig.read(
                [PartitionRig.event(number, 2, .completed(token: .none))], from: PartitionRig.node)
        }
        let before = try #require(rig[1])
        let messages = rig.tick(1_000)
        #expect(Self.marks(messages).isEmpty, "no mark between a copy's making and its landing")
        for events in messages { rig.read(events, from: PartitionRig.worker) }
        let after = try #require(rig[1])
        #expect(after.first > before.first)
        #expect(after.records == before.records)
        // The next mark stands behind the copy; it counts when the next copy stands behind it.
        rig.step(2_000)
        for number in 41...80 {
            rig.open(number, due: 5_000)
            rig.read(
                [PartitionRig.event(number, 2, .completed(token: .none))], from: PartitionRig.node)
        }
        #expect(rig.effects.commits.isEmpty)
        rig.step(3_000)
        let commit = try #require(rig.effects.commits.last)
        let last = try #require(rig[1])
        #expect(commit <= last.first.offset)
        #expect(commit > after.first.offset)
        #expect(last.records == before.records)
    }

    @Test func `the keeper gives the last mark that is allowed, once`() {
        var keeper = MarkKeeper(interval: 10)
        func write(_ start: Int64, at now: Int64) {
            keeper.folded()
            keeper.written(start, now: Timestamp(milliseconds: now))
            keeper.readBack(
                Mark(start: start, owner: .nobody, journals: [:], totals: Totals()))
        }
        write(1, at: 0)
        write(2, at: 20)
        write(3, at: 40)
        #expect(keeper.reached { $0 <= 2 } == 2)
        #expect(keeper.reached { $0 <= 2 } == nil)
        #expect(keeper.hasCandidates)
        #expect(keeper.reached { _ in true } == 3)
        #expect(!keeper.hasCandidates)
        keeper.readBack(Mark(start: 9, owner: .nobody, journals: [:], totals: Totals()))
        #expect(!keeper.hasCandidates, "not written by this keeper")
    }
}
