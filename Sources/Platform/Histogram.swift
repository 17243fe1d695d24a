package import Model
internal import Synchronization

/// Counts values by fixed bounds. Recording takes an uncontended lock and allocates nothing.
package final class Histogram: Sendable {
    private let state: Mutex<HistogramSnapshot>

    package init(bounds: [Double]) {
        state = Mutex(HistogramSnapshot(bounds: bounds))
    }

    package func record(_ value: Double) {
        state.withLock { $0.record(value) }
    }

    package var snapshot: HistogramSnapshot {
        state.withLock { state in
            var copy = HistogramSnapshot(bounds: state.bounds)
            // One by one: a shared array would be copied by the next recording, on the hot path.
            for (index, count) in state.counts.enumerated() { copy.counts[index] = count }
            copy.sum = state.sum
            return copy
        }
    }
}
