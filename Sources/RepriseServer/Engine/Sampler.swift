internal import Model
public import ServiceLifecycle

/// Looks at the process every few seconds, for the charts of the last minutes.
public struct Sampler: Service {
    static let interval: Milliseconds = 5_000

    private let store: any OperatorStore
    private let history: History

    init(_ store: any OperatorStore, _ history: History) {
        self.store = store
        self.history = history
    }

    /// Until a graceful shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                history.add(await store.status())
                try? await Task.sleep(for: .milliseconds(Sampler.interval))
            }
        }
    }
}
