internal import Model

extension NodeStatus {
    /// Its metrics, as of `now`.
    public func samples(now: Timestamp) -> [MetricSample] {
        var samples = SessionSamples.counts(totals, conservationDifference)
        samples += SessionSamples.ignored(ignored)
        samples += SessionSamples.alive(recovery.kinds)
        samples += SessionSamples.handlers(recovery.kinds, now: now)
        samples += journalSamples
        if let mirror { samples += NodeStatus.samples(mirror) }
        if !isMirrored {
            samples.append(MetricSample(RepriseMetrics.unhandled, Double(recovery.unhandled)))
            samples += SessionSamples.codes(
                RepriseMetrics.parked, recovery.parked, SessionSamples.parkedCodes)
            samples += SessionSamples.codes(
                RepriseMetrics.recoveryErrors, recovery.errors, SessionSamples.recoveryCodes)
        }
        return samples + transactionSamples(now: now)
    }

    private var journalSamples: [MetricSample] {
        [
            MetricSample(RepriseMetrics.forcedWrites, [], journal.forcedWriteSeconds),
            MetricSample(RepriseMetrics.groups, [], journal.groupFrames),
            MetricSample(RepriseMetrics.writtenBytes, Double(journal.writtenBytes)),
            MetricSample(RepriseMetrics.appended, Double(journal.appended)),
            MetricSample(RepriseMetrics.durable, Double(journal.durable)),
            MetricSample(RepriseMetrics.journalBytes, Double(journal.bytes)),
            MetricSample(RepriseMetrics.journalMaxBytes, Double(journal.maxBytes)),
            MetricSample(RepriseMetrics.journalReserve, Double(journal.reserveBytes)),
            MetricSample(RepriseMetrics.journalLive, Double(journal.liveBytes)),
            MetricSample(RepriseMetrics.diskFull, journal.isDiskFull ? 1 : 0),
        ]
    }

    private static func samples(_ mirror: MirrorStatus) -> [MetricSample] {
        [
            MetricSample(RepriseMetrics.mirrorLag, Double(mirror.lagFrames)),
            MetricSample(RepriseMetrics.mirrorLagSeconds, Double(mirror.lag) / 1_000),
            MetricSample(RepriseMetrics.mirrorDelivered, Double(mirror.deliveredMessages)),
            MetricSample(RepriseMetrics.mirrorSkipped, Double(mirror.skippedEvents)),
            MetricSample(RepriseMetrics.mirrorOutbox, Double(mirror.outboxMessages)),
            MetricSample(RepriseMetrics.mirrorRestarts, Double(mirror.restarts)),
            MetricSample(RepriseMetrics.mirrorStalled, mirror.error == nil ? 0 : 1),
        ]
            + SessionSamples.codes(
                RepriseMetrics.kafkaErrors, mirror.kafkaErrors, SessionSamples.kafkaCodes)
    }

    private func transactionSamples(now: Timestamp) -> [MetricSample] {
        let ended = [
            ("committed", transactions.committed), ("rolled_back", transactions.rolledBack),
            ("in_doubt", transactions.inDoubt), ("heuristic", heuristicTransactions),
        ].map { MetricSample(RepriseMetrics.transactionsEnded, [$0], Double($1)) }
        let unfinished = [
            ("active", unfinishedTransactions.active),
            ("in_doubt", unfinishedTransactions.inDoubt),
            ("committing", unfinishedTransactions.committing),
            ("heuristic", unfinishedTransactions.heuristic),
        ].map { MetricSample(RepriseMetrics.transactionsUnfinished, [$0], Double($1)) }
        let oldest = unfinishedTransactions.oldest.map { max(0, now - $0) } ?? 0
        return ended + unfinished
            + [MetricSample(RepriseMetrics.transactionsOldest, Double(oldest) / 1_000)]
    }
}
