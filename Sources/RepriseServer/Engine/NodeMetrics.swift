internal import Model
public import Reprise

/// The gauges of a node and of a worker, read at each scrape.
public enum NodeMetrics {
    public static func samples(_ status: NodeStatus) -> [GaugeSample] {
        var samples = counts(status.alive, status.totals, status.ignored, [])
        samples += [
            GaugeSample(
                "reprise_conservation_difference", [], Double(status.conservationDifference)),
            GaugeSample("reprise_runs_in_progress", [], Double(status.running)),
            GaugeSample("reprise_journal_bytes", [], Double(status.journalBytes)),
            GaugeSample("reprise_journal_max_bytes", [], Double(status.journalMaxBytes)),
            GaugeSample("reprise_journal_disk_full", [], status.isDiskFull ? 1 : 0),
            GaugeSample("reprise_journal_durable_sequence", [], Double(status.durable)),
        ]
        guard status.isMirrored else { return samples }
        let lag = status.durable - min(status.durable, status.mirrored)
        samples.append(GaugeSample("reprise_mirror_lag_frames", [], Double(lag)))
        samples.append(
            GaugeSample("reprise_mirror_stalled", [], status.mirrorError == nil ? 0 : 1))
        return samples
    }

    public static func samples(_ partitions: [PartitionStatus]) -> [GaugeSample] {
        var samples: [GaugeSample] = []
        for status in partitions {
            let labels = [("partition", "\(status.partition)")]
            samples += counts(status.alive, status.totals, status.ignored, labels)
            samples += [
                GaugeSample(
                    "reprise_conservation_difference", labels,
                    Double(status.conservationDifference)),
                GaugeSample(
                    "reprise_partition_owned", labels, status.stage == "owning" ? 1 : 0),
                GaugeSample("reprise_partition_next_offset", labels, Double(status.nextOffset)),
                GaugeSample("reprise_sessions_ready", labels, Double(status.ready)),
            ]
        }
        return samples
    }

    private static func counts(
        _ alive: AliveCounts, _ totals: Totals, _ ignored: IgnoredCounts,
        _ labels: [(String, String)]
    ) -> [GaugeSample] {
        var samples = [
            ("open", alive.open), ("waiting", alive.waiting), ("running", alive.running),
            ("parked", alive.parked),
        ].map { phase, count in
            GaugeSample("reprise_sessions", labels + [("phase", phase)], Double(count))
        }
        samples += [
            GaugeSample("reprise_sessions_opened", labels, Double(totals.opened)),
            GaugeSample("reprise_sessions_completed", labels, Double(totals.completed)),
            GaugeSample("reprise_sessions_cancelled", labels, Double(totals.cancelled)),
            GaugeSample("reprise_sessions_dead_lettered", labels, Double(totals.deadLettered)),
            GaugeSample("reprise_sessions_handed_over", labels, Double(totals.handedOver)),
        ]
        for reason in Ignored.allCases {
            samples.append(
                GaugeSample(
                    "reprise_events_ignored", labels + [("reason", "\(reason)")],
                    Double(ignored[reason])))
        }
        return samples
    }
}
