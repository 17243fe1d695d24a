public import Reprise
internal import Synchronization

/// A backend for swift-metrics that shows everything it was told as Prometheus text. Handles are
/// made once and updated without a lock of the registry's; series are bounded.
///
/// Counters become `<name>_total`, timers and distributions histograms with fixed buckets (timers in
/// `_seconds`), meters and other recorders gauges.
public final class PrometheusRegistry: Sendable {
    /// What a `Content-Type` says of the text.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Values that are asked for when somebody looks.
    public typealias Collector = @Sendable () -> [MetricSample]

    private struct State {
        var families: [String: Family] = [:]
        var collectors: [Collector] = []
        var refused = 0
    }

    private struct Family {
        var type: SeriesType
        var series: [Labels: any Series] = [:]
    }

    private let state = Mutex(State())
    private let maxSeries: Int

    /// More than `maxSeries` combinations of labels under one name are not kept, only counted.
    public init(maxSeries: Int = 1_000) {
        self.maxSeries = maxSeries
    }

    /// `collector` is called at every scrape; it must not block.
    public func collect(_ collector: @escaping Collector) {
        state.withLock { $0.collectors.append(collector) }
    }

    /// The series of that name and these labels, made if it is new. One that cannot be kept, because
    /// the name is taken by another type or has too many, works but is shown nowhere.
    func series<Kept: Series>(
        _ type: SeriesType, _ name: String, _ dimensions: [(String, String)],
        make: () -> Kept
    ) -> Kept {
        let labels = Labels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(type: type)
            if let kept = family.series[labels] as? Kept, family.type == type { return kept }
            let fresh = make()
            guard family.type == type, family.series.count < maxSeries else {
                state.refused += 1
                return fresh
            }
            family.series[labels] = fresh
            state.families[name] = family
            return fresh
        }
    }

    /// Forgets a series, so that it no longer shows.
    func forget(_ series: AnyObject) {
        state.withLock { state in
            for name in Array(state.families.keys) {
                guard var family = state.families[name] else { continue }
                family.series = family.series.filter { $0.value !== series }
                state.families[name] = family.series.isEmpty ? nil : family
            }
        }
    }

    /// Everything, as Prometheus reads it: names and labels in order.
    public func exposition() -> String {
        let (families, collectors, refused) = state.withLock {
            ($0.families, $0.collectors, $0.refused)
        }
        var text = ExpositionText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.head(name, family.type, help: ServerMetrics.help[name] ?? "")
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name: name, labels: labels, to: &text)
            }
        }
        let own = [MetricSample(ServerMetrics.refusedSeries, Double(refused))]
        text.samples(collectors.flatMap { $0() } + own, except: Set(families.keys))
        return text.text
    }
}
