import Model
@testable import Sessions
import TestSupport
import Testing

/// SESSIONS.md §1: each row, and each refusal.
@Suite struct CommandTests {
    private let id = SessionTrace.id(1)

    private func context(_ now: Int64, limits: Limits = Limits()) -> CommandContext {
        CommandContext(now: Timestamp(milliseconds: now), limits: limits)
    }

    /// Session 1, open until 100.
    private var opened: SessionTrace {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 100)
        return log
    }

    /// What the five commands on a session give, or the code of their refusal.
    private func answers(
        _ table: SessionTable, _ context: CommandContext, token: Position = .none
    ) -> [String: ErrorCode?] {
        func code(_ command: () throws(RepriseError) -> Event) -> ErrorCode? {
            do throws(RepriseError) {
                _ = try command()
                return nil
            } catch {
                return error.code
            }
        }
        return [
            "append": code { () throws(RepriseError) in
                try table.append(id, record: [1], token: token, lease: 10, context: context)
            },
            "replace": code { () throws(RepriseError) in
                try table.replace(id, record: [1], token: token, lease: 10, context: context)
            },
            "extend": code { () throws(RepriseError) in
                try table.extend(id, by: 10, token: token, context: context)
            },
            "complete": code { () throws(RepriseError) in
                try table.complete(id, token: token, context: context)
            },
        ]
    }

    @Test func `a session that tells others to finish a transaction is nobody else's to write to`()
    {
        var log = SessionTrace()
        log.own()
        log.open(1, lease: 100, kind: .transactionFinish)
        let refused = answers(log.table, context(1))
        #expect(refused.values.allSatisfy { $0 == .fenced })
        expect(.fenced) { _ = try close(log.table, after: 0, context(1)) }
    }

    private func close(
        _ table: SessionTable, after: Milliseconds?, _ context: CommandContext
    ) throws(RepriseError) -> Event {
        try table.close(id, after: after, policy: RetryPolicy(), random: 0, context: context)
    }

    private func expect(
        _ code: ErrorCode, _ command: () throws -> Void,
        _ location: SourceLocation = #_sourceLocation
    ) {
        do {
            try command()
            Issue.record("not refused", sourceLocation: location)
        } catch let error as RepriseError {
            #expect(error.code == code, sourceLocation: location)
        } catch {
            Issue.record(error, sourceLocation: location)
        }
    }

    private func open(
        _ table: SessionTable, _ id: SessionID, kind: Kind = SessionTrace.kind,
        record: [UInt8]? = nil, headers: [Header] = [], lease: Milliseconds = 10,
        _ context: CommandContext
    ) throws -> OpenDecision {
        try table.open(
            id, kind: kind, record: record, headers: headers, lease: lease, partition: 3,
            context: context)
    }

    @Test func `open writes one event; the same id again writes nothing`() throws {
        var log = SessionTrace()
        guard case .write(let event) = try open(log.table, id, record: [1], context(5)) else {
            Issue.record("nothing to write")
            return
        }
        #expect(event.sequence == 1 && event.partition == 3)
        #expect(log.add(event, from: Origin(writer: SessionTrace.node)) == .accepted)
        #expect(log[1]?.due == Timestamp(milliseconds: 15))
        guard case .existing(let session) = try open(log.table, id, context(6)) else {
            Issue.record("opened twice")
            return
        }
        #expect(session == log[1])
        expect(.kindMismatch) {
            _ = try open(log.table, id, kind: Kind(unchecked: "other"), context(6))
        }
    }

    @Test func `open is refused beyond the limits`() throws {
        let table = SessionTable()
        var limits = Limits()
        limits.maxSessions = 1
        let many = [Header](repeating: Header("h", "v"), count: limits.maxHeaders + 1)
        let long = Header("h", String(repeating: "v", count: limits.maxHeaderBytes))
        let big = [UInt8](repeating: 0, count: limits.maxRecordBytes + 1)
        let now = context(0)
        expect(.tooManySessions) {
            _ = try open(opened.table, SessionTrace.id(2), context(0, limits: limits))
        }
        expect(.tooLarge) { _ = try open(table, id, headers: many, now) }
        expect(.tooLarge) { _ = try open(table, id, headers: [long], now) }
        expect(.tooLarge) { _ = try open(table, id, record: big, now) }
        expect(.invalidRequest) { _ = try open(table, id, headers: [Header("", "v")], now) }
        expect(.invalidRequest) { _ = try open(table, id, lease: 0, now) }
        expect(.invalidRequest) { _ = try open(table, id, lease: .max, now) }
        expect(.invalidRequest) { _ = try open(table, Event.noSession, now) }
        limits.maxSessions = 10
        limits.maxSessionBytes = 4
        expect(.tooLarge) {
            _ = try open(
                table, id, record: [1, 2, 3], headers: [Header("h", "v")],
                context(0, limits: limits))
        }
    }

    @Test func `the writer's commands, until its lease runs out`() throws {
        #expect(answers(opened.table, context(99)).values.allSatisfy { $0 == nil })
        #expect(answers(opened.table, context(100)).values.allSatisfy { $0 == .leaseExpired })
        #expect(answers(SessionTable(), context(0)).values.allSatisfy { $0 == .notFound })
        expect(.leaseExpired) { _ = try close(opened.table, after: 0, context(100)) }
        expect(.notFound) { _ = try close(SessionTable(), after: 0, context(0)) }
    }

    @Test func `a claimed session is fenced, a closed or parked one is recovery's`() {
        var log = opened
        log.claim(1, 1, at: 100, deadline: 200)
        let token = log.last
        #expect(answers(log.table, context(0)).values.allSatisfy { $0 == .fenced })
        #expect(answers(log.table, context(0), token: token).values.allSatisfy { $0 == nil })
        #expect(
            answers(log.table, context(999), token: token).values.allSatisfy { $0 == nil },
            "a run's late result is welcome")
        log.claim(1, 2, at: 200, deadline: 300)
        #expect(answers(log.table, context(0), token: token).values.allSatisfy { $0 == .fenced })
        log.retry(1, token: log.last, due: 400)
        #expect(answers(log.table, context(0)).values.allSatisfy { $0 == .leaseExpired })
        log.park(1)
        #expect(answers(log.table, context(0)).values.allSatisfy { $0 == .leaseExpired })
        expect(.leaseExpired) { _ = try close(log.table, after: 0, context(0)) }
    }

    @Test func `with Kafka on, the lease is the last one acknowledged in time`() throws {
        var log = opened
        var context = context(0)
        log.table.leaseWritten(id, at: Position(sequence: 1), acknowledged: .none)
        log.extend(1, 2, until: 500)
        log.table.leaseWritten(id, at: Position(sequence: 2), acknowledged: .none)
        context.now = Timestamp(milliseconds: 100)
        #expect(answers(log.table, context).values.allSatisfy { $0 == .leaseExpired })
        context.now = Timestamp(milliseconds: 99)
        #expect(answers(log.table, context).values.allSatisfy { $0 == nil })
        context.acknowledged.advance(
            to: Position(sequence: 2), now: Timestamp(milliseconds: 60))
        context.now = Timestamp(milliseconds: 499)
        #expect(answers(log.table, context).values.allSatisfy { $0 == nil })
    }

    @Test func `append, replace and extend renew the lease and never shorten it`() throws {
        let table = opened.table
        let longer = try table.append(
            id, record: [1], token: .none, lease: 80, context: context(50))
        #expect(longer.body == .appended(Event.Write(record: [1], until: at(130))))
        #expect(longer.sequence == 2)
        let shorter = try table.extend(id, by: 10, token: .none, context: context(50))
        #expect(shorter.body == .extended(until: at(100), token: .none))
        expect(.invalidRequest) {
            _ = try table.extend(id, by: 0, token: .none, context: context(50))
        }
        expect(.invalidRequest) {
            _ = try table.extend(id, by: .max, token: .none, context: context(50))
        }
    }

    @Test func `replace can succeed where append is too large`() throws {
        var limits = Limits()
        limits.maxSessionBytes = 8
        let context = context(0, limits: limits)
        let table = opened.table  // "first": five bytes.
        expect(.tooLarge) {
            _ = try table.append(
                id, record: [1, 2, 3, 4], token: .none, lease: 1, context: context)
        }
        _ = try table.replace(
            id, record: [UInt8](repeating: 0, count: 8), token: .none, lease: 1, context: context)
        expect(.tooLarge) {
            _ = try table.replace(
                id, record: [UInt8](repeating: 0, count: 9), token: .none, lease: 1,
                context: context)
        }
        limits = Limits()
        limits.maxRecords = 1
        limits.maxRecordBytes = 3
        let few = self.context(0, limits: limits)
        expect(.tooLarge) {
            _ = try table.append(id, record: [1], token: .none, lease: 1, context: few)
        }
        expect(.tooLarge) {
            _ = try table.replace(id, record: [1, 2, 3, 4], token: .none, lease: 1, context: few)
        }
    }

    @Test func `close takes the explicit delay without jitter, or the policy's with it`() throws {
        let table = opened.table
        func due(_ after: Milliseconds?, _ random: UInt64 = .max) throws -> Timestamp? {
            let event = try table.close(
                id, after: after, policy: RetryPolicy(), random: random, context: context(50))
            if case .closed(let due) = event.body { return due }
            return nil
        }
        #expect(try due(0) == at(50))
        #expect(try due(500) == at(550))
        #expect(try due(nil, 0) == at(1_050))
        #expect(try due(nil) == at(1_250))
        let maxDue = Limits().maxDue
        #expect(try due(maxDue - at(50)) == maxDue, "the year 9999 is accepted")
        for nonsense in [-1, .min, .max, maxDue - at(49)] as [Milliseconds] {
            expect(.invalidRequest) { _ = try due(nonsense) }
        }
    }

    private func at(_ time: Int64) -> Timestamp { Timestamp(milliseconds: time) }
}
