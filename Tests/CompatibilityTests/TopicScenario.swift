import Model
import Sessions
import TestSupport

@testable import Recovery

/// A partition with every type of event that travels: single ones of a node's mirror and of workers, and
/// a batch.
enum TopicScenario {
    static func trace() -> SessionTrace {
        var log = SessionTrace()
        log.own()
        for number in 1...9 {
            log.open(number, lease: 30, headers: [Header("traceparent", "00-\(number)-01")])
        }
        log.append(1, 2, "more")
        log.extend(1, 3, until: 90)
        log.replace(2, 2, "only this")
        log.close(2, 3, due: 70)
        for number in 3...7 { log.claim(number, 1, at: 40, deadline: 90) }
        let tokens = (3...7).map { log[$0]?.run?.token ?? .none }
        log.append(3, 2, "checkpoint", until: 95, token: tokens[0])
        log.retry(4, token: tokens[1], due: 100, at: 45, reason: "went wrong")
        log.retry(5, token: tokens[2], due: 101, at: 46, counted: false, reason: "is down")
        log.park(6, token: tokens[3], at: 47)
        log.requeue(7, due: 500)
        log.complete(8, 2)
        log.close(9, 2, due: 60)
        log.cancel(9, at: 61)
        if let copy = log.carry(4) { log.add(copy, from: Origin(writer: SessionTrace.worker)) }
        // Late, and so ignored.
        log.complete(4, token: tokens[1], by: SessionTrace.worker)
        return log
    }

    /// One line a message. The node's have their numbers in its journal; the last of them comes twice. A
    /// batch and a mark of the worker's follow.
    static func text(_ log: SessionTrace) throws -> String {
        var lines: [String] = []
        var number: UInt64 = 0
        func add(_ type: String, _ origin: Origin, _ value: [UInt8]) {
            lines.append(TopicLine.text(Int64(lines.count), type, origin, value))
        }
        for entry in log.log {
            var origin = entry.origin
            if origin.writer == SessionTrace.node {
                number += 1
                origin.sequence = number
            }
            add(entry.event.body.type?.wireName ?? "unknown", origin, entry.event.encoded)
        }
        if let last = log.log.last(where: { $0.origin.writer == SessionTrace.node }) {
            let origin = Origin(writer: SessionTrace.node, sequence: number)
            add(last.event.body.type?.wireName ?? "unknown", origin, last.event.encoded)
        }
        let worker = Origin(writer: SessionTrace.worker)
        add(WireHeader.batch, worker, EventBatch.encoded(batch(log)))
        let table = try fold(lines.map(TopicLine.message)).table
        let mark = Event(
            session: Event.noSession, partition: 3,
            body: .mark(table.mark(start: Int64(lines.count))))
        add("mark", worker, mark.encoded)
        return lines.joined()
    }

    private static func batch(_ log: SessionTrace) -> [Event] {
        [
            Event(session: SessionTrace.id(6), partition: 3, body: .deadLettered),
            Event(
                session: SessionTrace.id(10), partition: 3,
                body: .requeued(
                    Event.Requeue(
                        due: Timestamp(milliseconds: 120), time: .zero, snapshot: letter(log)))),
        ]
    }

    static func fold(_ messages: [PartitionMessage]) throws -> (table: SessionTable, next: Int64) {
        var table = SessionTable()
        var next: Int64 = 0
        for message in messages {
            var failure: RepriseError?
            message.forEachEvent { index, decoded in
                switch decoded {
                case .success(let event):
                    table.apply(
                        event, at: Position(offset: message.offset, index: index),
                        from: message.origin)
                case .failure(let error): failure = error
                }
            }
            if let failure { throw failure }
            next = message.offset + 1
        }
        return (table, next)
    }

    /// A dead letter, with history.
    static func letter(_ log: SessionTrace) -> Snapshot? {
        guard var snapshot = log[4]?.snapshot else { return nil }
        snapshot.phase = .parked(
            Parking(
                reason: .attemptsExhausted, detail: "16 attempts",
                time: Timestamp(milliseconds: 105)))
        return snapshot
    }
}
