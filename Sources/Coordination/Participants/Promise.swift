internal import Synchronization

/// A value that comes once, and those who wait for it.
final class Promise<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [UnsafeContinuation<Value, Never>] = []
    }

    private let state = Mutex(State())

    /// The value, if it has come.
    var current: Value? { state.withLock { $0.value } }

    /// The first value counts.
    func fulfil(_ value: Value) {
        let waiting = state.withLock { state -> [UnsafeContinuation<Value, Never>] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume(returning: value) }
    }

    func wait() async -> Value {
        await withUnsafeContinuation { continuation in
            let value = state.withLock { state -> Value? in
                if state.value == nil { state.waiting.append(continuation) }
                return state.value
            }
            if let value { continuation.resume(returning: value) }
        }
    }
}
