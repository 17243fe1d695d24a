internal import CoreMetrics
internal import Synchronization

/// How Prometheus treats the values of a name.
enum SeriesType: String, Sendable {
    case counter, gauge, histogram
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
    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    /// Upper bounds, ascending; one more bucket takes the rest.
    private let bounds: [Double]
    private let state: Mutex<State>

    /// From 100 µs to a minute: what a request, a forced write or a handler takes.
    static let seconds = [
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
        2.5, 5, 10, 30, 60,
    ]

    /// From 1 to 16 Mi: sizes and counts.
    static let sizes = (0...12).map { Double(1 << (2 * $0)) }

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: [UInt64](repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(name: String, labels: Labels, to text: inout ExpositionText) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var running: UInt64 = 0
        for (index, count) in counts.enumerated() {
            running += count
            let bound = index < bounds.count ? ExpositionText.number(bounds[index]) : "+Inf"
            text.sample("\(name)_bucket", labels.adding("le", bound), Double(running))
        }
        text.sample("\(name)_sum", labels, sum)
        text.sample("\(name)_count", labels, Double(running))
    }
}
