internal import Model
internal import Synchronization

/// Tells for how long Kafka has been behind, from looks at how far the journal and Kafka are: since the
/// oldest frame was seen that Kafka does not have yet.
struct MirrorWatch: Sendable {
    private var since: Timestamp?
    /// The last frame of the journal when `since` was noted.
    private var target: UInt64 = 0

    /// 0 where Kafka has everything. A clock that is set back begins the count anew.
    mutating func look(durable: UInt64, mirrored: UInt64, now: Timestamp) -> Milliseconds {
        guard mirrored < durable else {
            since = nil
            return 0
        }
        if let since, mirrored < target, since <= now { return now - since }
        since = now
        target = durable
        return 0
    }
}

/// The watch of a process: whoever asks for its status looks.
final class SharedMirrorWatch: Sendable {
    private let watch = Mutex(MirrorWatch())

    func look(durable: UInt64, mirrored: UInt64, now: Timestamp) -> Milliseconds {
        watch.withLock { $0.look(durable: durable, mirrored: mirrored, now: now) }
    }
}
