internal import Foundation
internal import Logging
internal import Model
internal import Platform
internal import ServiceLifecycle
internal import Synchronization

/// Tells the service manager that the process is ready, that it is alive, and that it stops. Does
/// nothing where nobody asked for it.
final class ServiceNotices: Service {
    private let manager: ServiceManager?
    /// Comes back as long as the process works. What it says does not matter: a node whose Kafka is
    /// away is not ready, and must not be killed for it.
    private let look: @Sendable () async -> Void
    private let logger: Logger
    /// Listening, and whether the manager knows.
    private let state = Mutex((isReady: false, isTold: false))

    init(
        environment: [String: String] = ProcessInfo.processInfo.environment, logger: Logger,
        look: @escaping @Sendable () async -> Void
    ) {
        manager = ServiceManager(environment: environment)
        self.look = look
        self.logger = logger
    }

    /// To be called once requests are accepted.
    func isReady() {
        state.withLock { $0.isReady = true }
        tellReady()
    }

    /// Until a graceful shutdown.
    func run() async throws {
        guard let manager else {
            try? await gracefulShutdown()
            return
        }
        let interval = min(manager.interval ?? 1_000, 1_000)
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                // Nobody watches a process before it has said that it is ready.
                if tellReady(), manager.interval != nil {
                    await look()
                    _ = manager.tell(.alive)
                }
                try? await Task.sleep(for: .milliseconds(interval))
            }
        }
        _ = manager.tell(.stopping)
    }

    /// Again and again until it has got through; true from then on.
    @discardableResult
    private func tellReady() -> Bool {
        guard let manager else { return false }
        return state.withLock { state in
            guard state.isReady, !state.isTold else { return state.isTold }
            state.isTold = manager.tell(.ready)
            if !state.isTold { logger.debug("the service manager could not be told of the start") }
            return state.isTold
        }
    }
}
