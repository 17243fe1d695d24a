internal import Synchronization

/// A number of places, handed out in the order of asking. Waiting for one blocks no thread.
package final class Permits: Sendable {
    private struct State {
        var free: Int
        var lastTicket: UInt64 = 0
        var waiters: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        /// Tickets whose time was up, or whose task was cancelled, before they stood in the queue.
        var lapsed: Set<UInt64> = []
    }

    private let state: Mutex<State>

    package init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// Takes a place; give it back with `release`. False where none became free within `limit`, or
    /// the task was cancelled while it waited.
    package func acquire(within limit: Duration) async -> Bool {
        let ticket: UInt64? = state.withLock { state in
            if state.free > 0 {
                state.free -= 1
                return nil
            }
            state.lastTicket += 1
            return state.lastTicket
        }
        guard let ticket else { return true }
        let timer = Task {
            try? await Task.sleep(for: limit)
            if !Task.isCancelled { lapse(ticket) }
        }
        let taken = await withTaskCancellationHandler {
            await withCheckedContinuation { queue($0, ticket) }
        } onCancel: {
            lapse(ticket)
        }
        timer.cancel()
        // A cancellation that came after the place was given has left its ticket behind.
        state.withLock { _ = $0.lapsed.remove(ticket) }
        return taken
    }

    /// Gives a place back, to whoever has waited longest.
    package func release() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            if state.waiters.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    private func queue(_ continuation: CheckedContinuation<Bool, Never>, _ ticket: UInt64) {
        let answer: Bool? = state.withLock { state in
            if state.lapsed.remove(ticket) != nil { return false }
            if state.free > 0 {
                state.free -= 1
                return true
            }
            state.waiters.append((ticket, continuation))
            return nil
        }
        if let answer { continuation.resume(returning: answer) }
    }

    private func lapse(_ ticket: UInt64) {
        let waiter: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else {
                state.lapsed.insert(ticket)
                return nil
            }
            return state.waiters.remove(at: index).continuation
        }
        waiter?.resume(returning: false)
    }
}
