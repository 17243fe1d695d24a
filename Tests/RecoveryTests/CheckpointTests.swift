import Logging
import Model
@testable import Recovery
import Sessions
import TestSupport
import Testing

@Suite struct CheckpointTests {
    /// A partition with sessions in every phase.
    private func partition() -> (table: SessionTable, offset: Int64) {
        var log = SessionTrace()
        log.own()
        for number in 1...9 { log.open(number, headers: [Header("n", "\(number)")]) }
        log.append(1, 2, "more")
        log.close(2, 2, due: 70)
        for number in 3...6 { log.claim(number, 1, at: 40, deadline: 90) }
        log.retry(3, token: Position(offset: log.last.offset - 3), due: 100)
        log.claim(7, 1, at: 40, deadline: 90)
        log.park(7, token: log.last, reason: .handlerRefused)
        log.cancel(4)
        log.requeue(5, due: 500)
        log.park(6, at: 50, reason: .handlerRefused, detail: "operator", by: SessionTrace.admin)
        log.complete(8, 2)
        return (log.table, log.next.offset)
    }

    @Test func `a checkpoint gives back the table, orders that wait for a run among it`() throws {
        let (table, offset) = partition()
        #expect(table[SessionTrace.id(4)]?.pending == .cancel)
        #expect(table[SessionTrace.id(5)]?.pending != nil)
        #expect(table[SessionTrace.id(6)]?.pending != nil)
        let bytes = Checkpoint(table: table, offset: offset).encoded
        let found = try #require(Checkpoint(decoding: bytes, limits: Limits()))
        #expect(found.offset == offset)
        #expect(SessionCheck.difference(found.table, table) == nil)
        #expect(found.table.totals == table.totals)
        #expect(found.table.owner == table.owner)
        #expect(found.table.start == table.start)
        #expect(found.table.conservationDifference == 0)
        #expect(SessionCheck.problems(of: found.table).isEmpty)
    }

    @Test func `a fold goes on from a checkpoint as it would have without`() throws {
        var (table, offset) = partition()
        let bytes = Checkpoint(table: table, offset: offset).encoded
        var resumed = try #require(Checkpoint(decoding: bytes, limits: Limits())).table
        let token = try #require(table[SessionTrace.id(4)]?.run?.token)
        let retry = Event(
            session: SessionTrace.id(4), partition: 3,
            body: .retried(
                Event.Retry(token: token, due: .zero, time: .zero, counted: true, reason: "")))
        for _ in 0..<2 {
            let position = Position(offset: offset)
            let origin = Origin(writer: SessionTrace.worker)
            #expect(
                table.apply(retry, at: position, from: origin)
                    == resumed.apply(retry, at: position, from: origin))
            offset += 1
        }
        #expect(resumed[SessionTrace.id(4)] == nil, "the order to cancel was carried out")
        #expect(SessionCheck.difference(resumed, table) == nil)
    }

    @Test func `an empty partition has a checkpoint too`() throws {
        let bytes = Checkpoint(table: SessionTable(), offset: 17).encoded
        let found = try #require(Checkpoint(decoding: bytes, limits: Limits()))
        #expect(found.offset == 17)
        #expect(found.table.alive.total == 0)
    }

    @Test
    func `bytes that are cut short are no checkpoint, or a shorter one that is refused by its sum`()
    {
        let (table, offset) = partition()
        let bytes = Checkpoint(table: table, offset: offset).encoded
        for count in 0..<bytes.count {
            // Must not trap; at an entry's border a prefix decodes, hence the sum in the file.
            _ = Checkpoint(decoding: Array(bytes.prefix(count)), limits: Limits())
        }
        #expect(Checkpoint(decoding: [], limits: Limits()) == nil)
        #expect(Checkpoint(decoding: Array(bytes.dropLast(1)), limits: Limits()) == nil)
    }

    @Test func `a file that was damaged at any byte is not used`() throws {
        let directory = try TestDirectory()
        let store = CheckpointStore(directory: directory.path, topic: "sessions")
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        var log = SessionTrace()
        log.own()
        log.open(1)
        store.save(Checkpoint(table: log.table, offset: 2), 0, logger)
        #expect(store.load(0, limits: Limits(), logger: logger)?.offset == 2)
        #expect(store.load(1, limits: Limits(), logger: logger) == nil)
        let path = "\(directory.path)/sessions-0.ckpt"
        let sound = try TestFile.read(path)
        for index in sound.indices {
            var damaged = sound
            damaged[index] ^= 0x10
            try TestFile.write(damaged, to: path)
            #expect(store.load(0, limits: Limits(), logger: logger) == nil, "byte \(index)")
        }
        for count in [0, 4, 11, 12, sound.count - 1] {
            try TestFile.write(Array(sound.prefix(count)), to: path)
            #expect(store.load(0, limits: Limits(), logger: logger) == nil, "\(count) bytes")
        }
    }
}
