internal import Model
internal import Synchronization

/// Tasks that wait for frames to be durable, and the number up to which they are.
final class LogWaiters: Sendable {
    private struct Waiter {
        var lsn: UInt64
        var continuation: UnsafeContinuation<RepriseError?, Never>
    }

    private struct State {
        var waiting: ContiguousArray<Waiter> = []
        var failure: RepriseError?
    }

    private let number: Atomic<UInt64>
    private let state = Mutex(State())
    // The writer's own list, kept for its storage; nobody else takes this lock.
    private let resumed = Mutex(ContiguousArray<Waiter>())

    init(durable: LSN) {
        number = Atomic(durable.rawValue)
    }

    var durable: LSN { LSN(number.load(ordering: .acquiring)) }

    func wait(for lsn: LSN) async throws(RepriseError) {
        let failure = await withUnsafeContinuation {
            (continuation: UnsafeContinuation<RepriseError?, Never>) in
            // Again under the lock: the writer stores the number before it takes the lock.
            let answer: RepriseError?? = state.withLock { state in
                if durable >= lsn { return .some(nil) }
                if let failure = state.failure { return failure }
                state.waiting.append(Waiter(lsn: lsn.rawValue, continuation: continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        if let failure { throw failure }
    }

    func advance(to lsn: LSN) {
        number.store(lsn.rawValue, ordering: .releasing)
    }

    /// Resumes everybody whose frame is durable, outside the lock that new waiters take; tells how
    /// many they were.
    @discardableResult
    func resumeDurable() -> Int {
        resumed.withLock { resumed in
            let done = number.load(ordering: .relaxed)
            state.withLock { state in
                var kept = 0
                for index in state.waiting.indices {
                    let waiter = state.waiting[index]
                    if waiter.lsn <= done {
                        resumed.append(waiter)
                    } else {
                        state.waiting[kept] = waiter
                        kept += 1
                    }
                }
                state.waiting.removeLast(state.waiting.count - kept)
            }
            for waiter in resumed { waiter.continuation.resume(returning: nil) }
            defer { resumed.removeAll(keepingCapacity: true) }
            return resumed.count
        }
    }

    /// Nothing becomes durable any more: everybody who waits, and whoever comes, is told.
    func fail(_ error: RepriseError) {
        resumeDurable()
        let left = state.withLock { state in
            if state.failure == nil { state.failure = error }
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in left { waiter.continuation.resume(returning: error) }
    }
}
