internal import CoreMetrics
internal import Model
internal import Reprise
internal import Synchronization

/// How Prometheus treats the values of a name.
enum SeriesType: String, Sendable {
    case counter, gauge, histogram

    init(_ form: MetricDefinition.Form) {
        self =
            switch form {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
    }
}

/// One line, or one group of lines, of the text: a name with one set of labels.
protocol Series: AnyObject, Sendable {
    func write(name: String, labels: Labels, to text: inout ExpositionText)
}

final class CounterSeries: Series, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    func write(name: String, labels: Labels, to text: inout ExpositionText) {
        text.sample(name, labels, Double(value.load(ordering: .relaxed)))
    }
}

final class FloatingCounterSeries: Series, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Double) {
        // A counter never falls, whatever it is told.
        guard amount > 0, amount.isFinite else { return }
        value.withLock { $0 += amount }
    }

    func reset() {
        value.withLock { $0 = 0 }
    }

    func write(name: String, labels: Labels, to text: inout ExpositionText) {
        text.sample(name, labels, value.withLock { $0 })
    }
}

final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ number: Int64) { set(Double(number)) }
    func set(_ number: Double) { value.withLock { $0 = number } }
    func record(_ number: Int64) { set(Double(number)) }
    func record(_ number: Double) { set(number) }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }

    func write(name: String, labels: Labels, to text: inout ExpositionText) {
        text.sample(name, labels, value.withLock { $0 })
    }
}

final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    private let state: Mutex<HistogramSnapshot>

    /// From 1 to 16 Mi: sizes and counts.
    static let sizes = (0...12).map { Double(1 << (2 * $0)) }

    init(bounds: [Double]) {
        state = Mutex(HistogramSnapshot(bounds: bounds))
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Double) { state.withLock { $0.record(value) } }

    func write(name: String, labels: Labels, to text: inout ExpositionText) {
        text.histogram(name, labels, state.withLock { $0 })
    }
}
