internal import CRdKafka
internal import Glibc
internal import Model
internal import Synchronization

/// A librdkafka client and its queue, usable from any thread until the poll thread retires it.
///
/// Users hold a read lock for the length of a call, so the poll thread cannot destroy a handle
/// that somebody is inside of. Calls that block are bounded by their own time-outs.
final class ClientHandle: @unchecked Sendable {  // `isRetired` is guarded by `lock`.
    /// For the poll thread only: it is the one that retires them.
    let client: OpaquePointer
    let queue: OpaquePointer
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
    private let isRetiring = Atomic(false)
    private var isRetired = false

    init(client: OpaquePointer, queue: OpaquePointer) {
        self.client = client
        self.queue = queue
        pthread_rwlock_init(lock, nil)
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    /// - Throws: `shuttingDown` once the client is closed, and what `body` throws.
    func use<Result>(
        _ body: (_ client: OpaquePointer) throws(RepriseError) -> Result
    ) throws(RepriseError) -> Result {
        if isRetiring.load(ordering: .relaxed) { throw ClientHandle.closed }
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        if isRetired { throw ClientHandle.closed }
        return try body(client)
    }

    /// Wakes the poll thread; a wake-up while it is busy is remembered.
    func wake() {
        let queue = queue
        // A retired client has no thread to wake.
        try? use { (_) throws(RepriseError) in rd_kafka_queue_yield(queue) }
    }

    /// Shuts every other thread out, after waiting for calls in flight.
    func retire() {
        isRetiring.store(true, ordering: .relaxed)
        pthread_rwlock_wrlock(lock)
        isRetired = true
        pthread_rwlock_unlock(lock)
    }

    static var closed: RepriseError {
        RepriseError(.shuttingDown, "this Kafka client is closed")
    }
}
