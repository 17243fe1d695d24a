package import Model
internal import Platform
internal import Synchronization

/// Clocks that stand still until a test moves them.
package final class SimulatedTime: TimeSource {
    private struct State {
        var wall: Timestamp
        var monotonic: UInt64 = 0
    }

    private let state: Mutex<State>

    package init(_ wall: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) {
        state = Mutex(State(wall: wall))
    }

    package func now() -> Timestamp { state.withLock { $0.wall } }

    package func monotonicNanoseconds() -> UInt64 { state.withLock { $0.monotonic } }

    /// Both clocks go on by so much.
    package func advance(by milliseconds: Milliseconds) {
        state.withLock { state in
            state.wall = state.wall + milliseconds
            state.monotonic += UInt64(max(0, milliseconds)) * 1_000_000
        }
    }

    /// The wall clock is set; the monotonic one does not notice.
    package func step(to wall: Timestamp) {
        state.withLock { $0.wall = wall }
    }
}
