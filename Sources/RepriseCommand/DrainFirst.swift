internal import Reprise
internal import ServiceLifecycle

/// Drains a node while its API still answers: handlers that run may write until they end, and a request that
/// waits for Kafka is answered, so that the server, which ends its requests first, can end.
struct DrainFirst: Service {
    let node: Reprise

    func run() async throws {
        guard (try? await gracefulShutdown()) != nil else { return }
        await node.drain()
    }
}
