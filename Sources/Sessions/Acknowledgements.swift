public import Model

/// How far Kafka has a journal, and since when. An acknowledgement proves a lease only if it came
/// before the lease that stood until then ran out: after that, the recovery group may have claimed
/// the session first.
///
/// Times are kept to 16 ms, older ones coarser, always rounded up: which errs on the side of
/// refusing. At most 1 MiB. A value: copies that outlive the next `advance` cost a copy of that.
public struct Acknowledgements: Sendable, Hashable {
    private struct Entry: Sendable, Hashable {
        var position: Position
        var time: Timestamp
    }

    /// Growing in both.
    private var entries: [Entry] = []
    /// When the last entry was begun.
    private var began = Timestamp.zero

    private static let step: Milliseconds = 16
    static let maxEntries = 1 << 16

    /// Kafka is not known to have anything.
    public init() {}

    /// Of a journal that is not mirrored, or of which nothing has arrived yet.
    public static let none = Acknowledgements()

    /// The position up to which everything is acknowledged.
    public var position: Position { entries.last?.position ?? .none }

    /// Everything up to `position` is acknowledged as of `now`.
    public mutating func advance(to position: Position, now: Timestamp) {
        guard let last = entries.last else {
            entries.append(Entry(position: position, time: now))
            began = now
            return
        }
        guard position > last.position else { return }
        // A clock that steps back must not make an acknowledgement look older than it is.
        let entry = Entry(position: position, time: max(now, last.time))
        if entry.time - began < Acknowledgements.step {
            entries[entries.count - 1] = entry
            return
        }
        began = entry.time
        entries.append(entry)
        if entries.count > Acknowledgements.maxEntries { coarsen() }
    }

    /// A moment at which `position` was surely acknowledged; nil when it is not.
    func time(of position: Position) -> Timestamp? {
        guard position <= self.position else { return nil }
        var low = 0
        var high = entries.count - 1
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return entries.isEmpty ? nil : entries[low].time
    }

    /// Every second entry gives way to the next, so that times only become later.
    private mutating func coarsen() {
        let last = entries.count - 1
        entries = entries.enumerated().filter { ($0.offset & 1) == (last & 1) }.map(\.element)
    }
}
