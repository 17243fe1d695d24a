package import Model

/// How long the oldest frame that Kafka does not have has been waiting: the durable end of the
/// journal at some moments, thinned out the longer the list grows.
package struct LagClock: Sendable {
    private struct Mark: Sendable {
        /// Frames up to this one, from the last mark's on, were durable from `time` on, or later.
        var sequence: UInt64
        var time: Milliseconds
    }

    private var marks: [Mark] = []
    /// What becomes durable within so many milliseconds of a mark's time belongs to it.
    private var spacing: Milliseconds = 0
    private static let most = 1_024

    package init() {}

    /// The journal is durable up to `durable` at monotonic time `now`, and Kafka has `acknowledged`.
    package mutating func note(durable: UInt64, acknowledged: UInt64, now: Milliseconds) {
        marks.removeFirst(marks.prefix { $0.sequence <= acknowledged }.count)
        guard let last = marks.last else {
            spacing = 0
            if durable > acknowledged { marks.append(Mark(sequence: durable, time: now)) }
            return
        }
        guard durable > last.sequence else { return }
        if now - last.time < spacing {
            marks[marks.count - 1].sequence = durable
        } else {
            marks.append(Mark(sequence: durable, time: now))
            if marks.count > LagClock.most { thin() }
        }
    }

    /// 0 where Kafka has everything that was noted.
    package func lag(acknowledged: UInt64, now: Milliseconds) -> Milliseconds {
        guard let oldest = marks.first(where: { $0.sequence > acknowledged }) else { return 0 }
        return max(0, now - oldest.time)
    }

    /// Neighbours become one with the earlier time, so that half of them is left: the lag never seems
    /// shorter than it is, and by no more than the spacing longer.
    private mutating func thin() {
        guard let first = marks.first, let last = marks.last else { return }
        spacing = max(spacing * 2, (last.time - first.time) / Milliseconds(LagClock.most / 2), 1)
        var thinned: [Mark] = []
        for mark in marks {
            if let kept = thinned.last, mark.time - kept.time < spacing {
                thinned[thinned.count - 1].sequence = mark.sequence
            } else {
                thinned.append(mark)
            }
        }
        marks = thinned
    }
}
