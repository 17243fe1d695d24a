internal import Metrics
internal import Model
internal import Synchronization

/// Tells the metrics backend of the process, where one is bootstrapped, what `/metrics` of the
/// program shows: every ten seconds, under the same names. A histogram is told as its count and its
/// sum, two counters. Without a backend it does nothing at all.
final class MetricsReporter: Sendable {
    typealias Reading = @Sendable () -> [MetricSample]

    private let task: Task<Void, Never>?

    /// Begins to report what `read` gives, until `stop`.
    init(read: @escaping Reading) {
        guard !(MetricsSystem.factory is NOOPMetricsHandler) else {
            task = nil
            return
        }
        task = Task {
            var report = MetricsReport(factory: MetricsSystem.factory)
            while !Task.isCancelled {
                report.tell(read())
                try? await Task.sleep(for: .seconds(10))
            }
            report.tell(read())
        }
    }

    /// After a last report.
    func stop() async {
        task?.cancel()
        await task?.value
    }
}

/// Handles of a metrics backend, each made once, and what counters were told so far.
struct MetricsReport {
    private struct Key: Hashable {
        var name: String
        var labels: [String]
    }

    private let factory: any MetricsFactory
    private var meters: [Key: Meter] = [:]
    private var counters: [Key: FloatingPointCounter] = [:]
    private var told: [Key: Double] = [:]

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    mutating func tell(_ samples: [MetricSample]) {
        for sample in samples {
            let metric = sample.metric
            let dimensions = Array(zip(metric.labels, sample.labels))
            switch sample.value {
            case .histogram(let histogram):
                count(metric.name + "_count", dimensions, Double(histogram.count))
                count(metric.name + "_sum", dimensions, histogram.sum)
            case .number(let value) where metric.form == .counter:
                count(metric.name, dimensions, value)
            case .number(let value):
                let key = Key(name: metric.name, labels: sample.labels)
                let meter =
                    meters[key]
                    ?? Meter(label: metric.name, dimensions: dimensions, factory: factory)
                meters[key] = meter
                meter.set(value)
            }
        }
    }

    /// Backends add up: they are told what has come since the last time.
    private mutating func count(_ name: String, _ dimensions: [(String, String)], _ value: Double) {
        let key = Key(name: name, labels: dimensions.map(\.1))
        let counter =
            counters[key]
            ?? FloatingPointCounter(label: name, dimensions: dimensions, factory: factory)
        counters[key] = counter
        counter.increment(by: max(0, value - (told[key] ?? 0)))
        told[key] = value
    }
}
