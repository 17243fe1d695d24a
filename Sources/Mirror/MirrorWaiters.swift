internal import Model
internal import Synchronization

/// Tasks that wait for Kafka to have a frame.
final class MirrorWaiters: Sendable {
    private struct State {
        var next: UInt64 = 0
        var waiting:
            [UInt64: (sequence: UInt64, continuation: CheckedContinuation<Answer, Never>)] =
                [:]
        var hasEnded = false
    }

    private enum Answer: Sendable {
        case acknowledged
        case cancelled
        case ended
    }

    private let state = Mutex(State())

    func wait(
        for sequence: UInt64, acknowledged: @Sendable () -> UInt64
    ) async throws(RepriseError) {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
                let answer: Answer? = state.withLock { state in
                    if state.hasEnded { return .ended }
                    if Task.isCancelled { return .cancelled }
                    // Looked at under the lock: `advance` comes after the number has grown.
                    if acknowledged() >= sequence { return .acknowledged }
                    state.waiting[id] = (sequence, continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiting.removeValue(forKey: id) }
            waiter?.continuation.resume(returning: .cancelled)
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
        let done = state.withLock { state in
            let done = state.waiting.filter { $0.value.sequence <= sequence }
            for id in done.keys { state.waiting[id] = nil }
            return done
        }
        for waiter in done.values { waiter.continuation.resume(returning: .acknowledged) }
    }

    var isEmpty: Bool { state.withLock { $0.waiting.isEmpty } }

    func end() {
        let rest = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for waiter in rest.values { waiter.continuation.resume(returning: .ended) }
    }
}
