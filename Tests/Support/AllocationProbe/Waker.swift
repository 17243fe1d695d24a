import Model
import Platform
import Synchronization

/// Resumes whoever sleeps, from a thread of its own.
final class Waker: Sendable {
    private struct State {
        var sleeper: UnsafeContinuation<Void, Never>?
        var isStopping = false
    }

    private let shared: Shared
    private let thread: NamedThread

    private final class Shared: Sendable {
        let state = Mutex(State())
        let signal = Signal()
    }

    init() throws(RepriseError) {
        let shared = Shared()
        self.shared = shared
        let nap = Signal()
        thread = try NamedThread("waker") {
            while true {
                let seen = shared.signal.count
                let (sleeper, isStopping) = shared.state.withLock { state in
                    defer { state.sleeper = nil }
                    return (state.sleeper, state.isStopping)
                }
                if let sleeper {
                    // As long as a disk takes: the task and its thread are asleep by then.
                    nap.wait(whileCountIs: 0, nanoseconds: 100_000)
                    sleeper.resume()
                } else if isStopping {
                    return
                } else {
                    shared.signal.wait(whileCountIs: seen)
                }
            }
        }
    }

    func sleep() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            shared.state.withLock { $0.sleeper = continuation }
            shared.signal.notify()
        }
    }

    func stop() {
        shared.state.withLock { $0.isStopping = true }
        shared.signal.notify()
        thread.join()
    }
}
