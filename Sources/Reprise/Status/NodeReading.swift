internal import Coordination
internal import Journal
internal import Mirror
internal import Model
internal import Recovery
internal import Sessions
internal import WAL

// How a node's status is read: one look under the journal's lock, the rest beside it.

extension Node {
    private struct CoreReading {
        var alive: AliveCounts
        var totals: Totals
        var difference: Int64
        var ignored: IgnoredCounts
        var acknowledged: UInt64
        var liveBytes: Int
        var heuristic: UInt64
        var durable: UInt64
    }

    func status() -> NodeStatus {
        let core = journal.withCore { core in
            CoreReading(
                alive: core.table.alive, totals: core.table.totals,
                difference: core.table.conservationDifference,
                ignored: core.table.ignored,
                acknowledged: core.acknowledged.sequence, liveBytes: core.liveBytes,
                heuristic: core.transactions.totals.heuristic,
                durable: journal.log.durable.rawValue)
        }
        let log = journalStatus(core)
        return NodeStatus(
            alive: core.alive, totals: core.totals, conservationDifference: core.difference,
            ignored: core.ignored, running: recovery?.runningCount ?? 0,
            journalBytes: log.bytes, journalMaxBytes: log.maxBytes,
            isDiskFull: log.isDiskFull, durable: log.durable, mirrored: core.acknowledged,
            isMirrored: mirror != nil, mirrorError: mirror?.error, journal: log,
            mirror: mirror.map { mirrorStatus($0, core) },
            recovery: SessionOperations(node: self).recovery(), transactions: transactions.counts,
            unfinishedTransactions: transactions.unfinished,
            heuristicTransactions: core.heuristic)
    }

    private func journalStatus(_ core: CoreReading) -> JournalStatus {
        let space = journal.log.space
        let statistics = journal.log.statistics
        return JournalStatus(
            bytes: space.bytes, maxBytes: space.maxBytes, reserveBytes: space.reserveBytes,
            liveBytes: core.liveBytes, segments: space.segments, isDiskFull: space.reserveOnly,
            appended: journal.log.appended.rawValue, durable: core.durable,
            writtenBytes: statistics.writtenBytes,
            forcedWriteSeconds: statistics.forcedWriteSeconds,
            groupFrames: statistics.groupFrames)
    }

    private func mirrorStatus(_ mirror: Mirror, _ core: CoreReading) -> MirrorStatus {
        let statistics = mirror.statistics
        return MirrorStatus(
            acknowledged: core.acknowledged,
            lagFrames: core.durable - min(core.durable, core.acknowledged), lag: statistics.lag,
            deliveredMessages: statistics.deliveredMessages,
            skippedEvents: statistics.skippedEvents,
            outboxMessages: statistics.outboxMessages, restarts: statistics.restarts,
            kafkaErrors: statistics.errors, error: mirror.error)
    }
}
