internal import Model
internal import ServiceLifecycle
internal import Synchronization

/// Tells that the node must end: a graceful shutdown, or a journal that cannot be written.
final class EndSignal: Sendable {
    private let stream: AsyncStream<RepriseError?>
    private let continuation: AsyncStream<RepriseError?>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func signal(_ error: RepriseError?) {
        continuation.yield(error)
        continuation.finish()
    }

    /// Nil on a graceful shutdown or a cancelled task.
    func wait() async -> RepriseError? {
        await withGracefulShutdownHandler {
            for await error in stream { return error }
            return nil
        } onGracefulShutdown: {
            self.signal(nil)
        }
    }
}
