internal import Synchronization

/// Calls that wait at their verb until the test lets them go.
final class MemoryPauses: Sendable {
    private struct State {
        var paused: Set<MemoryVerb> = []
        var waiting: [MemoryVerb: [CheckedContinuation<Void, Never>]] = [:]
        var watchers:
            [(verb: MemoryVerb, count: Int, continuation: CheckedContinuation<Void, Never>)] =
                []

        mutating func arrivals() -> [CheckedContinuation<Void, Never>] {
            let there = watchers.filter { (waiting[$0.verb]?.count ?? 0) >= $0.count }
            watchers.removeAll { (waiting[$0.verb]?.count ?? 0) >= $0.count }
            return there.map(\.continuation)
        }
    }

    private let state = Mutex(State())

    func pause(_ verb: MemoryVerb) {
        state.withLock { _ = $0.paused.insert(verb) }
    }

    func resume(_ verb: MemoryVerb) {
        let waiting = state.withLock { state in
            state.paused.remove(verb)
            return state.waiting.removeValue(forKey: verb) ?? []
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Where a call waits while its verb is paused.
    func pass(_ verb: MemoryVerb) async {
        await withCheckedContinuation { continuation in
            let arrivals: [CheckedContinuation<Void, Never>]? = state.withLock { state in
                guard state.paused.contains(verb) else { return nil }
                state.waiting[verb, default: []].append(continuation)
                return state.arrivals()
            }
            guard let arrivals else { return continuation.resume() }
            for watcher in arrivals { watcher.resume() }
        }
    }

    func waitForCalls(_ count: Int, at verb: MemoryVerb) async {
        await withCheckedContinuation { continuation in
            let arrivals = state.withLock { state in
                state.watchers.append((verb, count, continuation))
                return state.arrivals()
            }
            for watcher in arrivals { watcher.resume() }
        }
    }
}
