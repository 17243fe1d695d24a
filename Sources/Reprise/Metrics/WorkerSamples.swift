internal import Model

extension WorkerStatus {
    /// Its metrics, as of `now`.
    public func samples(now: Timestamp) -> [MetricSample] {
        var samples = SessionSamples.counts(totals, difference)
        samples += SessionSamples.ignored(ignored)
        samples += SessionSamples.alive(recovery.kinds)
        samples += SessionSamples.handlers(recovery.kinds, now: now)
        samples.append(MetricSample(RepriseMetrics.unhandled, Double(recovery.unhandled)))
        samples += SessionSamples.codes(
            RepriseMetrics.parked, recovery.parked, SessionSamples.parkedCodes)
        samples += SessionSamples.codes(
            RepriseMetrics.kafkaErrors, recovery.errors, SessionSamples.kafkaCodes)
        for stage in ["opening", "folding", "owning", "fenced", "leaving"] {
            let count = partitions.count { $0.stage == stage }
            samples.append(MetricSample(RepriseMetrics.partitions, [stage], Double(count)))
        }
        return samples + partitions.flatMap(WorkerStatus.samples)
    }

    private static func samples(_ partition: PartitionStatus) -> [MetricSample] {
        let label = ["\(partition.partition)"]
        return [
            MetricSample(
                RepriseMetrics.partitionOwned, label, partition.stage == "owning" ? 1 : 0),
            MetricSample(RepriseMetrics.partitionOffset, label, Double(partition.nextOffset)),
            MetricSample(
                RepriseMetrics.lowWaterAge, label, Double(partition.lowWaterAge) / 1_000),
            MetricSample(RepriseMetrics.lowWaterLag, label, Double(partition.lowWaterLag)),
        ]
    }

    private var totals: Totals {
        var sum = Totals()
        for partition in partitions {
            // They come from marks, so from the wire: no sum of them may trap.
            sum.opened &+= partition.totals.opened
            sum.completed &+= partition.totals.completed
            sum.cancelled &+= partition.totals.cancelled
            sum.deadLettered &+= partition.totals.deadLettered
            sum.handedOver &+= partition.totals.handedOver
        }
        return sum
    }

    /// Differences of two partitions must not cancel each other out.
    private var difference: Int64 {
        partitions.reduce(0) { $0 &+ Int64(clamping: $1.conservationDifference.magnitude) }
    }
}
