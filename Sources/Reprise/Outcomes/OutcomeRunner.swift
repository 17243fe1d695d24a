internal import Platform
internal import Kafka
internal import Logging
internal import Model
internal import Transactions

/// Gives events to the subscriber's closure, and commits what it has done with.
struct OutcomeRunner: Sendable {
    /// Messages after which the offsets are committed at the latest.
    private static let commitsEvery = 100
    private static let longestPause: Duration = .seconds(10)

    let inbox: OutcomeInbox
    let consumer: KafkaConsumer
    let logger: Logger
    let handler: @Sendable (OutcomeEvent) async throws -> Void

    /// Until the inbox is closed; gives the error that ended it before.
    func run() async -> RepriseError? {
        var done: [KafkaPartition: Int64] = [:]
        var uncommitted = 0
        var failure: RepriseError?
        while let item = await inbox.next(orIdle: uncommitted > 0) {
            switch item {
            case .message(let message):
                guard await handle(message) else { continue }
                done[message.partition] = message.offset + 1
                uncommitted += 1
                guard uncommitted >= Self.commitsEvery else { continue }
                await commit(done)
            case .idle:
                await commit(done)
            case .revoked(let rebalance):
                await commit(done)
                inbox.release(rebalance)
                consumer.completeRevocation(rebalance)
            case .failed(let error):
                failure = error
                inbox.close()
                continue
            }
            done = [:]
            uncommitted = 0
        }
        return failure
    }

    /// False when the subscription was closed, or the partition went, before it succeeded.
    private func handle(_ message: OutcomeMessageCopy) async -> Bool {
        let event: OutcomeEvent
        do throws(RepriseError) {
            event = try OutcomeEvent(headers: message.headers, value: message.value)
        } catch {
            logger.report(
                .error, error, "an outcome event cannot be read, and is passed over",
                metadata: [
                    "reprise.partition": "\(message.partition.partition)",
                    "reprise.offset": "\(message.offset)",
                ])
            return true
        }
        var pause: Duration = .milliseconds(100)
        while true {
            do {
                try await handler(event)
                return true
            } catch {
                logger.report(
                    .warning, .handlerFailed,
                    "the subscriber failed; the event is given to it again",
                    metadata: ["reprise.error": "\(error)", "reprise.event": "\(event.id)"])
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
            guard inbox.wants(message.partition) else { return false }
        }
    }

    /// What is lost by a failure is told again: the closure knows repetitions.
    private func commit(_ done: [KafkaPartition: Int64]) async {
        let offsets = done.filter { inbox.mayCommit($0.key) }
            .map { KafkaOffset($0.key, offset: $0.value) }
        guard !offsets.isEmpty else { return }
        do throws(RepriseError) {
            try await consumer.commit(offsets)
        } catch {
            logger.report(
                .warning, error,
                "the offsets of outcome events were not committed; some will come again")
        }
    }
}
