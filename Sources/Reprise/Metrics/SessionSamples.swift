internal import Model
internal import Recovery
internal import Sessions

/// What nodes and workers have in common.
enum SessionSamples {
    /// Kinds that are not configured share one label.
    static let other = "other"

    static func counts(_ totals: Totals, _ difference: Int64) -> [MetricSample] {
        [
            MetricSample(RepriseMetrics.opened, Double(totals.opened)),
            MetricSample(RepriseMetrics.completed, Double(totals.completed)),
            MetricSample(RepriseMetrics.cancelled, Double(totals.cancelled)),
            MetricSample(RepriseMetrics.deadLettered, Double(totals.deadLettered)),
            MetricSample(RepriseMetrics.handedOver, Double(totals.handedOver)),
            MetricSample(RepriseMetrics.conservation, Double(difference)),
        ]
    }

    static func ignored(_ counts: IgnoredCounts) -> [MetricSample] {
        Ignored.allCases.map {
            MetricSample(RepriseMetrics.ignored, ["\($0)"], Double(counts[$0]))
        }
    }

    /// Kinds that are configured have a label of their own.
    static func alive(_ kinds: [KindStatus]) -> [MetricSample] {
        var byLabel: [String: AliveCounts] = [other: AliveCounts()]
        for status in kinds {
            let label = status.isConfigured ? status.kind.name : other
            byLabel[label] = (byLabel[label] ?? AliveCounts()) + status.alive
        }
        return byLabel.sorted { $0.key < $1.key }.flatMap { label, alive in
            [
                ("open", alive.open), ("waiting", alive.waiting), ("running", alive.running),
                ("parked", alive.parked),
            ].map { phase, count in
                MetricSample(RepriseMetrics.sessionsAlive, [label, phase], Double(count))
            }
        }
    }

    static func handlers(_ kinds: [KindStatus], now: Timestamp) -> [MetricSample] {
        kinds.flatMap { status -> [MetricSample] in
            guard let gate = status.gate, let runs = status.runs else { return [] }
            let kind = status.kind.name
            let lag = status.due.oldest.map { max(0, now - $0) } ?? 0
            var samples = [
                MetricSample(RepriseMetrics.ready, [kind], Double(status.due.count)),
                MetricSample(RepriseMetrics.dueLag, [kind], Double(lag) / 1_000),
                MetricSample(RepriseMetrics.attemptsRunning, [kind], Double(gate.running)),
                MetricSample(RepriseMetrics.concurrency, [kind], Double(gate.policy.concurrency)),
                MetricSample(RepriseMetrics.paused, [kind], gate.isPaused ? 1 : 0),
            ]
            let state = name(of: gate.breaker.state)
            for known in ["closed", "open", "probing"] {
                samples.append(
                    MetricSample(RepriseMetrics.breaker, [kind, known], known == state ? 1 : 0))
            }
            return samples + SessionSamples.runs(runs, kind)
        }
    }

    private static func runs(_ runs: RunCounts, _ kind: String) -> [MetricSample] {
        let ended = RunCounts.outcomes.map { outcome in
            MetricSample(
                RepriseMetrics.attempts, [kind, outcome], Double(runs.ended[outcome] ?? 0))
        }
        return ended + [
            MetricSample(RepriseMetrics.attemptsStarted, [kind], Double(runs.started)),
            MetricSample(RepriseMetrics.attemptsExpired, [kind], Double(runs.expired)),
            MetricSample(RepriseMetrics.lateness, [kind], runs.lateness),
            MetricSample(RepriseMetrics.attemptDuration, [kind], runs.duration),
        ]
    }

    private static func name(of state: Breaker.State) -> String {
        switch state {
        case .closed: "closed"
        case .open: "open"
        case .probing: "probing"
        }
    }

    static func codes(
        _ metric: MetricDefinition, _ counts: [ErrorCode: UInt64], _ known: [ErrorCode]
    ) -> [MetricSample] {
        Set(counts.keys).union(known).sorted { $0.rawValue < $1.rawValue }.map { code in
            MetricSample(metric, [code.rawValue], Double(counts[code] ?? 0))
        }
    }

    /// Shown from the start, so that the first error is an increase.
    static let kafkaCodes: [ErrorCode] = [
        .kafkaUnreachable, .kafkaRefused, .kafkaTimeout, .kafkaFatal,
    ]
    static let parkedCodes: [ErrorCode] = [.attemptsExhausted, .ageExceeded, .handlerRefused]
    static let recoveryCodes: [ErrorCode] = [.diskFull, .journalBusy]
}
