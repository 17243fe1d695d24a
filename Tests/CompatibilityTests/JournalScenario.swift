import Journal
import Logging
import Model
import Platform
import Sessions
import TestSupport
import Transactions
import WAL

/// A journal with a session in every phase, one whose every byte occurs, batches, the mirror's position,
/// and transactions that are decided, in doubt and finished.
enum JournalScenario {
    static let kind = Kind(unchecked: "user.create")
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    static func open(_ path: String, time: SimulatedTime = SimulatedTime()) throws -> Journal {
        var policy = KindPolicy()
        policy.lease = 30_000
        policy.retry.jitter = 0
        var options = Journal.Options(node: "node-1", directory: path, policies: [kind: policy])
        // Small, since the files are part of the repository.
        options.log.maxBatchBytes = 2 << 10
        options.log.segmentBytes = 8 << 10
        options.log.maxBytes = 256 << 10
        options.isMirrored = true
        return try Journal.open(options, time: time, logger: logger) { _ in }
    }

    static func id(_ number: Int) -> SessionID { SessionTrace.id(number) }

    static func describe(_ journal: Journal) -> String {
        journal.withCore { Description.text($0.table) }
            + Description.text(journal.unfinishedTransactions)
    }

    /// Writes it into an empty directory, and closes it.
    static func write(to path: String) async throws {
        let time = SimulatedTime()
        let journal = try open(path, time: time)
        for number in 1...8 {
            _ = try await journal.open(
                id(number), kind: kind, record: Array("nick \(number)".utf8),
                headers: number == 1
                    ? [Header("traceparent", "00-ab-cd-01"), Header("ü", "ß")] : [],
                lease: nil, partition: UInt32(number % 3))
        }
        time.advance(by: 1_000)
        _ = try await journal.append(id(1), record: Array(0...255), token: .none)
        _ = try await journal.append(id(1), record: [], token: .none)
        _ = try await journal.extend(id(1), by: 600_000, token: .none)
        _ = try await journal.replace(id(2), record: Array("only".utf8), token: .none)
        for number in 2...6 { _ = try await journal.close(id(number), after: 0) }
        _ = try await journal.complete(id(7), token: .none)
        try await runs(journal, time)
        try await transactions(journal, time)
        try journal.savePosition(5)
        try await journal.log.waitDurable(journal.log.appended)
        journal.close()
    }

    /// 3 runs; 4 failed once; 5 was refused by its handler; 6 was cancelled.
    private static func runs(_ journal: Journal, _ time: SimulatedTime) async throws {
        let now = time.now()
        let claims = (3...5).map { number in
            event(
                number,
                .claimed(Event.Claim(attempt: 1, deadline: now + 30_000, time: now)))
        }
        _ = try journal.write(claims, use: .reserve)
        let tokens = (4...5).map { journal.session(id($0))?.run?.token ?? .none }
        _ = try journal.write(
            [
                event(
                    4,
                    .retried(
                        Event.Retry(
                            token: tokens[0], due: now + 5_000, time: now, counted: true,
                            reason: "the profile service is away")))
            ], use: .reserve)
        _ = try journal.write(
            [
                event(
                    5,
                    .parked(
                        Parking(reason: .handlerRefused, detail: "no such user", time: now),
                        token: tokens[1]))
            ], use: .reserve)
        try await journal.cancel(id(6))
    }

    private static func transactions(_ journal: Journal, _ time: SimulatedTime) async throws {
        func transaction(_ number: Int) -> TransactionID { TransactionID(uuid: id(900 + number)) }
        var outline = Outline()
        outline.branches = [
            BranchReference(number: 1, resource: "accounts"),
            BranchReference(number: 2, resource: "ledger"),
        ]
        outline.actions = [
            DurableAction(
                session: id(20), partition: 1, kind: kind, record: Array("receipt".utf8),
                headers: [Header("cause", "transfer")], lease: 1_000)
        ]
        outline.messages = [OutboxMessage(topic: "receipts", key: [1], value: [2, 3])]
        outline.participants = ["accounts", "ledger"]
        var left = outline
        left.actions = []
        left.finish = DurableAction(
            session: transaction(4).finishSession, partition: 2, kind: .transactionFinish,
            record: CommitList(
                transaction: transaction(4), journal: 0x0102_0304_0506_0708,
                branches: left.branches
            ).encoded, headers: [Header("reprise-transaction", "\(transaction(4))")], lease: 60_000)
        var intent = Outline()
        intent.branches = [BranchReference(number: 1, resource: "accounts")]
        intent.asked = 1
        let records = [
            TransactionRecord(.committed, transaction(1), time: time.now(), outline: outline),
            TransactionRecord(.intended, transaction(2), time: time.now(), outline: intent),
            TransactionRecord(
                .committed, transaction(3), time: time.now(),
                outline: {
                    var ended = outline; ended.actions = []; return ended
                }()),
            TransactionRecord(.ended, transaction(3), time: time.now()),
            TransactionRecord(.committed, transaction(4), time: time.now(), outline: left),
        ]
        for record in records { _ = try await journal.writeDurably(record, use: .normal) }
    }

    private static func event(_ number: Int, _ body: Event.Body) -> Event {
        Event(session: id(number), partition: UInt32(number % 3), body: body)
    }
}
