import Model
import Sessions
import TestSupport
import Testing

/// SESSIONS.md §6: undecodable bytes, null keys, tombstones, later versions: data, never a trap.
@Suite struct FoldUnreadableTests {
    private func later(_ number: Int, _ type: EventType, sequence: UInt64 = 0, size: Int = 0)
        throws -> Event
    {
        // Version 2, and a field 99 that only version 2 knows.
        var bytes = Event(
            session: number == 0 ? Event.noSession : SessionTrace.id(number), sequence: sequence,
            partition: 3,
            body: .appended(Event.Write(record: [UInt8](repeating: 1, count: size), until: .zero)),
            version: 2
        ).encoded
        bytes[19] = UInt8(type.rawValue)
        return try Event(decoding: bytes + [0x98, 0x06, 0x2A])
    }

    private func parking(_ session: Session?) -> Parking? {
        if case .parked(let parking)? = session?.phase { parking } else { nil }
    }

    @Test func `a later version parks the session and keeps the bytes as they were found`() throws {
        var log = SessionTrace()
        log.open(1)
        let event = try later(1, .appended, sequence: 2)
        #expect(log.add(event, from: Origin(writer: SessionTrace.node)) == .accepted)
        #expect(parking(log[1])?.reason == .unknownVersion)
        #expect(log[1]?.unread == [try #require(event.original)])
        #expect(log[1]?.records.count == 1, "not misread")
        #expect(log.append(1, 3, "late") == .ignored(.notOpen))
    }

    @Test func `a session that begins with a later version is kept, not dropped`() throws {
        for type in [EventType.opened, .carried, .requeued] {
            var log = SessionTrace()
            log.own()
            let event = try later(1, type, sequence: type == .opened ? 1 : 0)
            #expect(log.add(event, from: Origin(writer: SessionTrace.worker)) == .accepted)
            #expect(parking(log[1])?.reason == .unknownVersion)
            #expect(log[1]?.unread == [try #require(event.original)])
            #expect(SessionCheck.problems(of: log.table).isEmpty)
        }
    }

    @Test func `a later version's word on a finished session brings nothing back`() throws {
        var log = SessionTrace()
        log.open(1)
        log.complete(1, 2)
        for type in [EventType.appended, .completed, .claimed, .retried, .deadLettered] {
            #expect(
                log.add(try later(1, type, sequence: 3), from: Origin(writer: SessionTrace.node))
                    == .ignored(.unknownSession))
        }
        #expect(
            log.add(try later(0, .mark), from: Origin(writer: SessionTrace.node))
                == .ignored(.notApplicable))
        #expect(log.table.sessions.isEmpty)
    }

    @Test func `a run that a later version ends is over, and only cancel outlives it`() throws {
        for isCancelled in [true, false] {
            var log = SessionTrace()
            log.own()
            log.open(1, lease: 0)
            log.claim(1, 1, at: 0, deadline: 40)
            let token = log.last
            if isCancelled { log.cancel(1) } else { log.requeue(1, due: 0) }
            log.add(try later(1, .retried), from: Origin(writer: SessionTrace.worker))
            #expect(isCancelled == (log[1] == nil))
            if !isCancelled { #expect(parking(log[1])?.reason == .unknownVersion) }
            #expect(log.retry(1, token: token, due: 0) != .accepted)
            #expect(SessionCheck.problems(of: log.table).isEmpty)
        }
    }

    @Test func `unread events are bounded in number and in bytes, and the rest is named`() throws {
        let limits = Limits()
        var log = SessionTrace()
        log.open(1)
        for _ in 0..<limits.maxHistory * 2 {
            log.add(try later(1, .appended, size: 100_000), from: Origin(writer: SessionTrace.node))
        }
        let session = try #require(log[1])
        let bytes = session.unread.reduce(session.bytes) { $0 + $1.count }
        #expect(session.unread.count == 8)
        #expect(bytes <= limits.maxSessionBytes + Limits.maxUnreadBytes)
        #expect(parking(session)?.detail.contains("stands at \(log.last)") == true)
        #expect(session.snapshot.encoded.count < Limits.maxMessageBytes)
    }

    @Test func `undecodable bytes become a parked session of their own`() throws {
        var log = SessionTrace()
        for (place, bytes) in [[], [0xFF], [UInt8](repeating: 7, count: 500)].enumerated() {
            let id = log.table.applyUndecodable(
                bytes, headers: [Header("h", "v")], partition: 3,
                at: Position(offset: Int64(place)), time: .zero,
                from: Origin(writer: SessionTrace.node))
            let session = try #require(id.flatMap { log.table[$0] })
            #expect(session.records == [bytes] && session.headers == [Header("h", "v")])
            #expect(parking(session)?.reason == .undecodable)
        }
        #expect(log.table.alive.parked == 3)
        #expect(SessionCheck.problems(of: log.table).isEmpty)
    }

    /// A message may be as large as the broker takes; with what a dead letter adds it would not fit.
    @Test func `undecodable bytes are cut to what fits a dead letter, and the reason says so`()
        throws
    {
        let limits = Limits()
        var log = SessionTrace()
        let headers = (0..<200).map { Header("\($0)", String(repeating: "v", count: 4_000)) }
        let id = log.table.applyUndecodable(
            [UInt8](repeating: 1, count: 1_048_000), headers: headers, partition: 3,
            at: Position(offset: 8), time: .zero, from: Origin(writer: SessionTrace.node))
        let session = try #require(id.flatMap { log.table[$0] })
        #expect(session.bytes <= limits.maxSessionBytes)
        #expect(session.headers.count == limits.maxHeaders)
        #expect(parking(session)?.detail.contains("of 1048000 bytes") == true)
        #expect(SessionCheck.problems(of: log.table).isEmpty)
    }
}
