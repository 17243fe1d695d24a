internal import CRdKafka
internal import Glibc
internal import Model

/// A detached, named thread that runs `body` once.
enum PollThread {
    private final class Start {
        let name: String
        let body: () -> Void

        init(name: String, body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// - Parameter name: shown by tools such as `top -H`; cut after 15 bytes, Linux's limit.
    static func start(
        _ name: String, _ body: @escaping @Sendable () -> Void
    ) throws(RepriseError) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                reprise_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        if result != 0 {
            start.release()
            throw RepriseError(
                .internalDefect, "no thread could be started; check the process's limits",
                cause: String(cString: strerror(result)))
        }
    }
}

/// Opens once; waiting is for tasks and for threads.
final class Latch: @unchecked Sendable {  // Everything mutable is guarded by `mutex`.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isOpen = false
    private var tasks: [CheckedContinuation<Void, Never>] = []

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func open() {
        pthread_mutex_lock(mutex)
        isOpen = true
        let waiting = tasks
        tasks = []
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
        for task in waiting { task.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            pthread_mutex_lock(mutex)
            let open = isOpen
            if !open { tasks.append(continuation) }
            pthread_mutex_unlock(mutex)
            if open { continuation.resume() }
        }
    }

    /// Blocks the thread: never call it from a task.
    func block() {
        pthread_mutex_lock(mutex)
        while !isOpen { pthread_cond_wait(condition, mutex) }
        pthread_mutex_unlock(mutex)
    }
}
