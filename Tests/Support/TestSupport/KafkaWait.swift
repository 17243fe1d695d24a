internal import Glibc

/// State that a test waits on: every change wakes the waiters, and a wait ends at its deadline.
package final class Probe<State>: @unchecked Sendable {  // `state` is guarded by `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: State) {
        self.state = state
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func update<Result>(_ body: (inout State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return body(&state)
    }

    package func read<Result>(_ body: (State) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(state)
    }

    /// Waits, on a thread of its own, until `condition` holds.
    ///
    /// - Throws: `WaitExpired` with the last state when it does not within `seconds`, as `Patience`
    ///   counts them.
    package func wait(
        _ what: String, seconds: Int = 30, until holds: @escaping @Sendable (State) -> Bool
    ) async throws {
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            onThread { continuation.resume(returning: self.block(what, seconds, holds)) }
        }
        try result.get()
    }

    private func block(
        _ what: String, _ seconds: Int, _ holds: (State) -> Bool
    ) -> Result<Void, any Error> {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        // A short one paces, and is no bound.
        deadline.tv_sec += seconds < 10 ? seconds : seconds * Patience.factor
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !holds(state) {
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
                return holds(state)
                    ? .success(())
                    : .failure(WaitExpired(what: what, state: String(describing: state)))
            }
        }
        return .success(())
    }
}

package struct WaitExpired: Error, CustomStringConvertible {
    package var what: String
    package var state: String
    package var description: String {
        "waited in vain: \(what); last seen: \(state.prefix(2000))"
    }
}

/// Runs `body` on a detached thread, for what must block but not in a task.
package func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Box(body)).toOpaque()
    let result = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, argument)
    precondition(result == 0, "no thread could be started")
    pthread_detach(thread)
}

/// As `onThread`, waiting for the result.
package func blocking<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
        onThread { continuation.resume(returning: Result { try body() }) }
    }
    return try result.get()
}
