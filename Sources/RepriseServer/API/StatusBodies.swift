internal import Model
internal import Reprise
internal import Sessions

struct StatusBody: Encodable {
    var role: String
    var node: String
    var version: String
    var startedMs: Int64
    var nowMs: Int64
    var isReady: Bool
    var parts: [HealthBody.Part]
    var sessions: CountsBody
    var totals: TotalsBody
    var conservationDifference: Int64
    /// By reason.
    var ignored: [String: Int]
    var ready: Int
    var dueLagMs: Int64
    var journal: JournalPart?
    var mirror: MirrorPart?
    var transactions: TransactionsPart

    struct JournalPart: Encodable {
        var bytes: Int
        var maxBytes: Int
        var isDiskFull: Bool
    }

    struct MirrorPart: Encodable {
        var lagMessages: UInt64
        var lagMs: Int64
        var error: RefusalBody.Content?
    }

    struct TransactionsPart: Encodable {
        var inDoubt: Int
        var heuristic: Int
    }

    init(_ status: ProcessStatus) {
        role = status.role.rawValue
        node = status.node
        version = RepriseVersion.current
        startedMs = status.started.milliseconds
        nowMs = status.now.milliseconds
        isReady = status.health.isReady
        parts = HealthBody(status.health).parts
        sessions = CountsBody(status.alive)
        totals = TotalsBody(status.totals)
        conservationDifference = status.conservationDifference
        ignored = Dictionary(
            uniqueKeysWithValues: Ignored.allCases.map { ("\($0)", status.ignored[$0]) })
        ready = status.recovery.ready
        dueLagMs = status.dueLag
        journal = status.journal.map {
            JournalPart(bytes: $0.bytes, maxBytes: $0.maxBytes, isDiskFull: $0.isDiskFull)
        }
        mirror = status.mirror.map {
            MirrorPart(
                lagMessages: $0.lag, lagMs: $0.behind,
                error: $0.error.map { RefusalBody.Content($0) })
        }
        transactions = TransactionsPart(
            inDoubt: status.transactions.inDoubt, heuristic: status.transactions.heuristic)
    }
}

/// Sessions that are not finished, by phase.
struct CountsBody: Encodable {
    var open: Int
    var waiting: Int
    var running: Int
    var parked: Int

    init(_ counts: AliveCounts) {
        open = counts.open
        waiting = counts.waiting
        running = counts.running
        parked = counts.parked
    }
}

/// Sessions by how they ended.
struct TotalsBody: Encodable {
    var opened: UInt64
    var completed: UInt64
    var cancelled: UInt64
    var deadLettered: Int64
    var handedOver: UInt64

    init(_ totals: Totals) {
        opened = totals.opened
        completed = totals.completed
        cancelled = totals.cancelled
        deadLettered = totals.deadLettered
        handedOver = totals.handedOver
    }
}

struct PartitionsBody: Encodable {
    var partitions: [Part]

    struct Part: Encodable {
        var partition: Int32
        var stage: String
        var sessions: CountsBody
        var totals: TotalsBody
        var ready: Int
        var nextOffset: Int64
        var lowWaterOffset: Int64?
        var lowWaterAgeMs: Int64?
        var conservationDifference: Int64
    }

    init(_ partitions: [PartitionStatus], now: Timestamp) {
        self.partitions = partitions.map { status in
            Part(
                partition: status.partition, stage: status.stage,
                sessions: CountsBody(status.alive), totals: TotalsBody(status.totals),
                ready: status.ready, nextOffset: status.nextOffset,
                lowWaterOffset: status.lowWater,
                lowWaterAgeMs: status.oldest.map { max(0, now - $0) },
                conservationDifference: status.conservationDifference)
        }
    }
}

struct HistoryBody: Encodable {
    var intervalMs: Int64
    var samples: [Part]

    struct Part: Encodable {
        var timeMs: Int64
        var opened: Double
        var completed: Double
        var failed: Double
        var parked: Double
        var open: Int
        var waiting: Int
        var running: Int
        var ready: Int
        var dueLagMs: Int64
        var mirrorLag: UInt64
    }

    init(_ samples: [HistorySample], interval: Milliseconds) {
        intervalMs = interval
        self.samples = samples.map { sample in
            Part(
                timeMs: sample.time.milliseconds, opened: sample.opened,
                completed: sample.completed, failed: sample.failed, parked: sample.parked,
                open: sample.alive.open, waiting: sample.alive.waiting,
                running: sample.alive.running, ready: sample.ready, dueLagMs: sample.dueLag,
                mirrorLag: sample.mirrorLag)
        }
    }
}
