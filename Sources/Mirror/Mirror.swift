package import Journal
package import Kafka
package import Logging
package import Model
internal import Platform
internal import Synchronization
internal import Traces
package import WAL

/// Copies the journal's tail to the sessions topic, on a thread of its own. It begins when `begin`
/// tells that the topic is there, goes on from the position that the journal keeps, and survives
/// any outage: what Kafka has not acknowledged is read again from the journal.
package final class Mirror: Sendable {
    package struct Options: Sendable {
        package var kafka: KafkaConfiguration
        package var topic: String
        package var window: Milliseconds = 50
        package var sendsAll = false
        /// The topic of how transactions ended, and what its messages look like; nil tells nobody.
        package var outcomeTopic: String?
        package var outcomeFormat = OutcomeFormat.protobuf

        var outcomes: OutcomeFormat? { outcomeTopic == nil ? nil : outcomeFormat }
        package var producer = KafkaProducerOptions()
        /// Bytes of the tail that are held in memory; a longer backlog stays on disk.
        package var maxBacklogBytes = 32 << 20

        /// Bytes of a message that the producers take.
        var maxMessageBytes: Int {
            kafka.properties["message.max.bytes"].flatMap { Int($0) } ?? Limits.maxMessageBytes
        }

        package init(kafka: KafkaConfiguration, topic: String) {
            self.kafka = kafka
            self.topic = topic
        }
    }

    private struct State {
        var mayBegin = false
        var isStopping = false
        var hurryThrough: UInt64 = 0
        var error: RepriseError?
        /// What upkeep failed with the last time.
        var upkeepFailure: ErrorCode?
        var statistics = MirrorStatistics()
        var lag = LagClock()
    }

    private let journal: Journal
    private let options: Options
    private let logger: Logger
    private let signal = Signal()
    private let state = Mutex(State())
    /// With all of each frame, and without the messages of outboxes.
    private let everything: MirrorWaiters
    private let sessions: MirrorWaiters
    /// The journal's end when this process began: what lies before may have been sent already.
    private let inherited: UInt64
    private let thread = Mutex<NamedThread?>(nil)
    private let spans = Spans.found

    package init(journal: Journal, options: Options, logger: Logger) {
        self.journal = journal
        self.options = options
        self.logger = logger
        let acknowledged = journal.withCore { $0.acknowledged.sequence }
        everything = MirrorWaiters(from: acknowledged)
        sessions = MirrorWaiters(from: acknowledged)
        inherited = journal.log.appended.rawValue
    }

    /// Starts the thread; nothing is sent before `begin`.
    package func start() throws(RepriseError) {
        let signal = self.signal
        journal.log.onDurable { _ in signal.notify() }
        let made = try NamedThread("mirror") { [self] in
            var tail = MirrorTail(
                journal: journal, options: options, inherited: inherited, signal: signal,
                logger: logger,
                onError: { [self] error in note(error) })
            run(&tail)
            tail.close()
        }
        thread.withLock { $0 = made }
    }

    /// The topic is there and has the partitions that sessions are pinned to.
    package func begin() {
        state.withLock { $0.mayBegin = true }
        signal.notify()
    }

    /// Why the mirror does not get on; nil when it does.
    package var error: RepriseError? { state.withLock { $0.error } }

    /// For what goes wrong before `begin`.
    package func report(_ error: RepriseError) {
        state.withLock { state in
            state.error = error
            state.statistics.errors[error.code, default: 0] += 1
        }
    }

    /// What it has done, and how far behind it is now.
    package var statistics: MirrorStatistics {
        let acknowledged = self.acknowledged
        let durable = journal.log.durable.rawValue
        let now = Mirror.monotonic()
        return state.withLock { state in
            // Also where the thread does not get round to it.
            state.lag.note(durable: durable, acknowledged: acknowledged, now: now)
            var statistics = state.statistics
            statistics.lag = state.lag.lag(acknowledged: acknowledged, now: now)
            return statistics
        }
    }

    private static func monotonic() -> Milliseconds {
        Milliseconds(SystemTime().monotonicNanoseconds() / 1_000_000)
    }

    /// The last frame of the unbroken run that Kafka has.
    package var acknowledged: UInt64 { everything.reached }

    /// Returns when Kafka has the frame; with `outbox`, the messages of outboxes as well, those before the
    /// frame among them. Sent at once, without waiting for the window.
    ///
    /// - Throws: `outcomeUnknown` when the task is cancelled or the node shuts down.
    package func waitAcknowledged(_ lsn: LSN, outbox: Bool = false) async throws(RepriseError) {
        let waiters = outbox ? everything : sessions
        if waiters.reached >= lsn.rawValue { return }
        state.withLock { $0.hurryThrough = max($0.hurryThrough, lsn.rawValue) }
        signal.notify()
        try await waiters.wait(for: lsn.rawValue)
    }

    /// Gives those who wait for Kafka up to `limit`. Who waits then, and whoever comes later, is told that
    /// nobody knows: with Kafka away, a caller who waits must not keep a process from ending.
    package func endWaiting(within limit: Duration) async {
        let timer = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            endWaiting()
        }
        await everything.waitUntilEmpty()
        await sessions.waitUntilEmpty()
        timer.cancel()
        endWaiting()
    }

    private func endWaiting() {
        everything.end()
        sessions.end()
    }

    /// Sends what it can within a moment and ends the thread; the rest is sent after the next start.
    package func stop() {
        state.withLock { $0.isStopping = true }
        signal.notify()
        thread.withLock { $0.take() }?.join()
        endWaiting()
    }

    // MARK: The thread

    private static let upkeepInterval: Milliseconds = 1_000
    private static let longestSleep: Milliseconds = 1_000
    /// How long `stop` goes on sending.
    private static let farewell: Milliseconds = 2_000

    private func run(_ tail: inout MirrorTail) {
        var nextUpkeep = journal.now()
        var farewellEnd: Milliseconds?
        var batches = PublishSpans(spans, topic: options.topic)
        defer { batches.end() }
        while true {
            let seen = signal.count
            let now = tail.monotonic()
            let durable = journal.log.durable.rawValue
            let acknowledged = self.acknowledged
            let orders = state.withLock { state in
                state.lag.note(durable: durable, acknowledged: acknowledged, now: now)
                return Orders(
                    mayBegin: state.mayBegin, isStopping: state.isStopping,
                    hurryThrough: state.hurryThrough)
            }
            if orders.isStopping {
                let end = farewellEnd ?? now + Self.farewell
                farewellEnd = end
                if now >= end || !orders.mayBegin || tail.isDone { return }
                tail.hurry(through: journal.log.durable.rawValue)
            }
            var wake = now + Self.longestSleep
            if orders.mayBegin {
                do throws(RepriseError) {
                    tail.hurry(through: orders.hurryThrough)
                    wake = min(wake, try tail.step(now: now))
                    batches.note(sent: tail.sent, settled: tail.settled)
                    publish(tail)
                } catch {
                    if Self.isEnd(error.code) { return }
                    failed(error)
                    batches.end(error.code)
                    tail.restart()
                    // Kafka is told of nothing while it has trouble; the journal keeps everything.
                    wake = now + Self.longestSleep
                }
            }
            let wall = journal.now()
            if wall >= nextUpkeep || nextUpkeep - wall > Self.upkeepInterval {
                nextUpkeep = wall + Self.upkeepInterval
                guard keepUp(&tail) else { return }
            }
            let pause = wake - tail.monotonic()
            if pause > 0 { signal.wait(whileCountIs: seen, nanoseconds: pause * 1_000_000) }
        }
    }

    /// False where nothing can be written any more. Any other failure is the journal's, for now: the
    /// producer has no part in it and goes on.
    private func keepUp(_ tail: inout MirrorTail) -> Bool {
        do throws(RepriseError) {
            // Upkeep first: where the disk is full, it is what makes room.
            try journal.keepUp()
            try tail.savePosition()
            state.withLock { $0.upkeepFailure = nil }
        } catch {
            if Self.isEnd(error.code) { return false }
            upkeepFailed(error)
        }
        return true
    }

    private func upkeepFailed(_ error: RepriseError) {
        note(error)
        let isNews = state.withLock { state in
            defer { state.upkeepFailure = error.code }
            return state.upkeepFailure != error.code
        }
        guard isNews else { return }
        logger.report(.warning, error, "the journal's upkeep failed; it is tried again")
    }

    private static func isEnd(_ code: ErrorCode) -> Bool {
        code == .journalPoisoned || code == .shuttingDown
    }

    private struct Orders {
        var mayBegin: Bool
        var isStopping: Bool
        var hurryThrough: UInt64
    }

    private func publish(_ tail: borrowing MirrorTail) {
        let (all, some) = (tail.acknowledged, tail.sessionsAcknowledged)
        let (delivered, skipped, outbox) = (tail.delivered, tail.skipped, tail.outboxInFlight)
        state.withLock { state in
            state.statistics.deliveredMessages = delivered
            state.statistics.skippedEvents = skipped
            state.statistics.outboxMessages = outbox
        }
        guard all > everything.reached || some > sessions.reached else { return }
        // First: who has waited must find a lease that is judged by it.
        journal.acknowledge(all, sessions: some)
        everything.advance(to: all)
        sessions.advance(to: some)
        state.withLock { $0.error = nil }
    }

    private func note(_ error: RepriseError) {
        state.withLock { $0.statistics.errors[error.code, default: 0] += 1 }
    }

    private func failed(_ error: RepriseError) {
        note(error)
        let isNews = state.withLock { state in
            state.statistics.restarts += 1
            defer { state.error = error }
            return state.error?.code != error.code
        }
        guard isNews else { return }
        logger.report(
            .warning, error, "the mirror starts over from its position",
            metadata: ["reprise.mirror.acknowledged": "\(acknowledged)"])
    }
}
