internal import Model
internal import Synchronization

/// How far Kafka has the journal, and the tasks that wait for it to have a frame.
final class MirrorWaiters: Sendable {
    private struct State {
        var next: UInt64 = 0
        var waiting:
            [UInt64: (sequence: UInt64, continuation: CheckedContinuation<Answer, Never>)] =
                [:]
        var hasEnded = false
        /// Who waits for there to be no waiters.
        var idlers: [CheckedContinuation<Void, Never>] = []

        mutating func takeIdlers() -> [CheckedContinuation<Void, Never>] {
            guard waiting.isEmpty else { return [] }
            defer { idlers = [] }
            return idlers
        }
    }

    private enum Answer: Sendable {
        case acknowledged
        case cancelled
        case ended
    }

    private let state = Mutex(State())
    private let sequence: Atomic<UInt64>

    init(from sequence: UInt64) {
        self.sequence = Atomic(sequence)
    }

    /// The last frame of the unbroken run that Kafka has.
    var reached: UInt64 { sequence.load(ordering: .acquiring) }

    func wait(for sequence: UInt64) async throws(RepriseError) {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
                let answer: Answer? = state.withLock { state in
                    if state.hasEnded { return .ended }
                    if Task.isCancelled { return .cancelled }
                    // Looked at under the lock, which `advance` takes after the number has grown.
                    if reached >= sequence { return .acknowledged }
                    state.waiting[id] = (sequence, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let (waiter, idlers) = state.withLock { state in
                (state.waiting.removeValue(forKey: id), state.takeIdlers())
            }
            waiter?.continuation.resume(returning: .cancelled)
            for idler in idlers { idler.resume() }
        }
        switch answer {
        case .acknowledged: return
        case .cancelled:
            throw RepriseError(
                .outcomeUnknown,
                "The call was cancelled: the write is durable here, and Kafka may or may not have "
                    + "it.")
        case .ended:
            throw RepriseError(
                .outcomeUnknown,
                "The node shut down: the write is durable here, and will be in Kafka after the "
                    + "next start.")
        }
    }

    func advance(to sequence: UInt64) {
        self.sequence.store(sequence, ordering: .releasing)
        let (done, idlers) = state.withLock { state in
            let done = state.waiting.filter { $0.value.sequence <= sequence }
            for id in done.keys { state.waiting[id] = nil }
            return (done, state.takeIdlers())
        }
        for waiter in done.values { waiter.continuation.resume(returning: .acknowledged) }
        for idler in idlers { idler.resume() }
    }

    /// Returns when nobody waits, at the latest with `end`.
    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.waiting.isEmpty { return true }
                state.idlers.append(continuation)
                return false
            }
            if isEmpty { continuation.resume() }
        }
    }

    func end() {
        let (rest, idlers) = state.withLock { state in
            state.hasEnded = true
            let rest = state.waiting
            state.waiting = [:]
            return (rest, state.takeIdlers())
        }
        for waiter in rest.values { waiter.continuation.resume(returning: .ended) }
        for idler in idlers { idler.resume() }
    }
}
