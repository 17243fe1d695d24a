internal import CRdKafka
internal import Logging
internal import Model
internal import Synchronization

/// Why an administrative call failed, before it is known whether Kafka was there at all.
struct AdminFailure: Error {
    var error: RepriseError

    init(_ error: RepriseError) {
        self.error = error
    }

    init(_ status: KafkaError, _ message: String, detail: String? = nil) {
        error = status.error(message, detail: detail)
    }
}

/// The admin client's thread: librdkafka's calls block, so each runs here, never in a task.
final class AdminCore: Sendable {
    typealias Job = @Sendable (OpaquePointer) -> Void

    let handle: ClientHandle
    let finished = Latch()
    private let brokers: [String]
    private let timeout: Duration
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var jobs: [Job] = []
        var isClosing = false
        /// The last report of a lost or refused connection since a call succeeded.
        var trouble: (error: KafkaError, text: String)?
    }

    init(client: OpaquePointer, brokers: [String], timeout: Duration, logger: Logger) {
        let queue: OpaquePointer = rd_kafka_queue_get_main(client)
        rd_kafka_set_log_queue(client, queue)
        handle = ClientHandle(client: client, queue: queue)
        self.brokers = brokers
        self.timeout = timeout
        self.logger = logger
    }

    func start() throws(RepriseError) {
        do throws(RepriseError) {
            try PollThread.start("reprise.admin") { self.serve() }
        } catch {
            destroy()
            throw error
        }
    }

    func requestClose() {
        state.withLock { $0.isClosing = true }
        handle.wake()
    }

    /// Runs `body` on the thread of this client.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (OpaquePointer, Duration) throws(AdminFailure) -> Value
    ) async throws(RepriseError) -> Value {
        let result: Result<Value, RepriseError> = await withCheckedContinuation { continuation in
            let job: Job = { client in
                continuation.resume(returning: self.perform(client, body))
            }
            let isQueued = state.withLock { state in
                if !state.isClosing { state.jobs.append(job) }
                return !state.isClosing
            }
            if isQueued {
                handle.wake()
            } else {
                continuation.resume(returning: .failure(ClientHandle.closed))
            }
        }
        return try result.get()
    }

    private func perform<Value>(
        _ client: OpaquePointer, _ body: (OpaquePointer, Duration) throws(AdminFailure) -> Value
    ) -> Result<Value, RepriseError> {
        do throws(AdminFailure) {
            let value = try body(client, timeout)
            state.withLock { $0.trouble = nil }
            return .success(value)
        } catch {
            while let event = Event(from: handle.queue, timeout: 0) { take(event) }
            return .failure(explain(error.error))
        }
    }

    /// A time-out of a client that has no connection is no time-out: say what is wrong.
    private func explain(_ error: RepriseError) -> RepriseError {
        guard error.code == .kafkaTimeout || error.code == .kafkaUnreachable else { return error }
        let trouble = state.withLock { $0.trouble }
        let list = brokers.joined(separator: ",")
        guard let trouble else {
            return RepriseError(
                error.code, "\(error.message); Kafka at \(list) did not answer in time",
                cause: error.cause)
        }
        let cause = "\(trouble.error.name): \(trouble.text)"
        if trouble.error.reprise == .kafkaUnreachable {
            return RepriseError(
                .kafkaUnreachable,
                "Kafka at \(list) cannot be reached; check that it runs, the addresses and the"
                    + " network", cause: cause)
        }
        return RepriseError(
            .kafkaRefused,
            "Kafka at \(list) refuses the connection; check the security settings", cause: cause)
    }

    private func serve() {
        while true {
            let (jobs, isClosing) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isClosing)
            }
            for job in jobs { job(handle.client) }
            if isClosing { break }
            if let event = Event(from: handle.queue, timeout: jobs.isEmpty ? 1000 : 0) {
                take(event)
            }
        }
        destroy()
        finished.open()
    }

    private func take(_ event: borrowing Event) {
        switch event.type {
        case RD_KAFKA_EVENT_LOG: LogBridge.forward(event, to: logger)
        case RD_KAFKA_EVENT_ERROR:
            let error = event.error
            let text = event.errorText
            state.withLock { state in
                // "All brokers down" follows the reason and would hide it.
                let hides = error.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
                if !hides || state.trouble == nil { state.trouble = (error, text) }
            }
        default: break
        }
    }

    private func destroy() {
        handle.retire()
        rd_kafka_queue_destroy(handle.queue)
        rd_kafka_destroy(handle.client)
    }
}
