internal import CPlatform
internal import Glibc
package import Model
internal import Synchronization

/// A thread of its own for work that blocks: the name shows in `ps -L`. Join it exactly when its
/// end must be awaited; it runs on without a reference.
package final class NamedThread: Sendable {
    /// Lets other threads have the calling thread's processor for a moment.
    package static func yield() { sched_yield() }

    private let handle: Mutex<pthread_t?>

    package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(RepriseError) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                reprise_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard failure == 0 else {
            start.release()
            throw systemError("start the thread", name, failure)
        }
        handle = Mutex(thread)
    }

    /// Blocks until the closure has returned. Later calls return at once; it must not be called
    /// from the thread itself.
    package func join() {
        let thread = handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
        if let thread { pthread_join(thread, nil) }
    }

    deinit {
        handle.withLock { handle in
            if let thread = handle { pthread_detach(thread) }
        }
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
