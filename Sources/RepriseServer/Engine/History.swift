internal import Model
internal import Reprise
internal import Sessions
internal import Synchronization

/// What a process was doing at one moment; the rates are those since the sample before.
struct HistorySample: Sendable, Hashable {
    var time: Timestamp
    /// Sessions a second.
    var opened: Double
    var completed: Double
    /// Runs a second that failed.
    var failed: Double
    /// Sessions a second that were set aside for an operator.
    var parked: Double
    var alive: AliveCounts
    var ready: Int
    var dueLag: Milliseconds
    var mirrorLag: UInt64
}

/// The last samples, oldest first: a bounded ring.
struct HistoryRing: Sendable {
    /// Ten minutes of `Sampler.interval`.
    static let capacity = 120

    private(set) var samples: [HistorySample] = []
    private var last: ProcessStatus?

    /// Takes another look at the process. The first tells no rates, and neither does one that is not
    /// later than the one before: the clock was set back.
    mutating func add(_ status: ProcessStatus) {
        defer { last = status }
        guard let last, status.now > last.now else { return }
        let seconds = Double(status.now - last.now) / 1_000
        var opened: UInt64 = 0
        var completed: UInt64 = 0
        // A partition that comes or goes brings its whole past with it: only what is in both counts.
        for (log, totals) in status.logs {
            guard let before = last.logs[log] else { continue }
            opened += totals.opened > before.opened ? totals.opened - before.opened : 0
            completed +=
                totals.completed > before.completed ? totals.completed - before.completed : 0
        }
        func rate(_ count: KeyPath<RunTally, UInt64>) -> Double {
            let (now, before) = (
                status.recovery.tally[keyPath: count], last.recovery.tally[keyPath: count]
            )
            return now > before ? Double(now - before) / seconds : 0
        }
        samples.append(
            HistorySample(
                time: status.now, opened: Double(opened) / seconds,
                completed: Double(completed) / seconds, failed: rate(\.failed),
                parked: rate(\.parked), alive: status.alive, ready: status.recovery.ready,
                dueLag: status.dueLag, mirrorLag: status.mirror?.lag ?? 0))
        let surplus = samples.count - HistoryRing.capacity
        if surplus > 0 { samples.removeFirst(surplus) }
    }
}

/// The history of this process, written by its sampler and read by the API.
final class History: Sendable {
    private let ring = Mutex(HistoryRing())

    func add(_ status: ProcessStatus) { ring.withLock { $0.add(status) } }

    var samples: [HistorySample] { ring.withLock { $0.samples } }
}
