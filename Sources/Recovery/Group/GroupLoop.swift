internal import Kafka
internal import Logging
internal import Model
internal import Platform
internal import Sessions
internal import Synchronization

/// The worker's own thread: makes the clients, writes what is proposed, drains what is leaving.
struct GroupLoop {
    let worker: GroupWorker

    private static let longestSleep: Milliseconds = 500
    private static let retryPause: Milliseconds = 1_000

    func run() {
        var link: GroupLink?
        while true {
            let seen = worker.signal.count
            do throws(RepriseError) {
                if mayEnd() { break }
                let ready = try connect(link)
                link = ready
                let wake = try round(ready)
                sleep(until: wake, seen)
            } catch {
                worker.failed(error)
                worker.logger.report(
                    .warning, error, "the worker lost its connection to Kafka; it tries again")
                restart(&link)
                worker.signal.wait(
                    whileCountIs: worker.signal.count, nanoseconds: Self.retryPause * 1_000_000)
            }
        }
        finish(&link)
    }

    /// Runs are over, and claims that were on their way when the worker was told to stop are given
    /// back: bounded by the drain time, since a claim that was lost never comes.
    private func mayEnd() -> Bool {
        let now = worker.now()
        return worker.state.withLock { state in
            guard state.mayEnd else { return false }
            if now >= state.stopDeadline { return true }
            return state.isSettled(Set(state.partitions.keys)) && worker.runs.count == 0
        }
    }

    // MARK: Clients

    private func connect(_ link: GroupLink?) throws(RepriseError) -> GroupLink {
        if let link {
            try connectOthers()
            return link
        }
        let made = try GroupLink(worker)
        reclaim()
        do throws(RepriseError) {
            try connectOthers()
        } catch {
            // Nobody else knows of it yet.
            made.close()
            throw error
        }
        return made
    }

    private func connectOthers() throws(RepriseError) {
        if worker.consumer.withLock({ $0 == nil }) {
            let consumer = try KafkaConsumer(
                worker.options.kafka, group: worker.options.group, logger: worker.logger,
                sink: worker)
            worker.consumer.withLock { $0 = consumer }
            try consumer.subscribe([worker.options.sessionsTopic])
        }
        if worker.trimmer.withLock({ $0 == nil }), worker.options.trims {
            let admin = try KafkaAdmin(worker.options.kafka, logger: worker.logger)
            worker.trimmer.withLock { $0 = admin }
        }
    }

    /// A new producer: what the old one sent may or may not stand in the log, so every partition is
    /// claimed again, and results are sent again.
    private func reclaim() {
        let now = worker.now()
        let waiters = worker.state.withLock { state in
            let unsent = state.inFlight.sorted { $0.key < $1.key }.map(\.value)
            state.inFlight.removeAll()
            state.forgetOrphans()
            let waiting = (unsent + state.outbox).compactMap(\.outlivesOwnership)
            state.outbox.removeAll()
            for number in Array(state.partitions.keys) {
                state.reclaim(number, as: worker.newWriter(), now: now)
            }
            state.outbox += waiting
            return state.takeWrites(of: Set(state.partitions.keys))
        }
        // Runs learn that their writes may be lost; they are not to wait for ever.
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    private func restart(_ link: inout GroupLink?) {
        link?.close()
        link = nil
        let consumerFailed = worker.state.withLock { state in
            state.producerFailure = nil
            defer { state.consumerFailure = nil }
            return state.consumerFailure != nil
        }
        guard consumerFailed else { return }
        let consumer = worker.consumer.withLock { $0.take() }
        consumer?.closeBlocking()
        let numbers = worker.state.withLock { Set($0.partitions.keys) }
        worker.drop(numbers, why: "the consumer failed")
    }

    // MARK: One round

    /// Writes what there is to write; tells when to come again at the latest.
    private func round(_ link: GroupLink) throws(RepriseError) -> Timestamp {
        let failure = worker.state.withLock { $0.producerFailure ?? $0.consumerFailure }
        if let failure { throw failure }
        let now = worker.now()
        worker.runs.expire(now: now)
        let reclaimed = worker.state.withLock { reclaimDue(&$0, now: now) }
        for waiter in reclaimed { waiter.resume(returning: nil) }
        let (messages, wake) = worker.state.withLock { state -> ([OutgoingMessage], Timestamp) in
            collectResults(&state, now: now)
            let wake = collectProposals(&state, now: now)
            defer { state.outbox.removeAll() }
            return (state.outbox, wake)
        }
        if let refused = try link.produce(messages) {
            // The producer is full: what was refused goes first next time.
            worker.state.withLock { $0.outbox.insert(contentsOf: messages[refused...], at: 0) }
        }
        completeLeaving(link, now: now)
        return min(wake, now + Self.longestSleep)
    }

    private func collectResults(_ state: inout GroupState, now: Timestamp) {
        let ended = state.ended
        state.ended = []
        var results: [UInt32: [Event]] = [:]
        for ended in ended {
            let kind = ended.session.kind
            let outcome = state.gates.release(
                kind, ended.outcome, of: ended.session.id, now: now)
            worker.observer.ended(ended.session, ended.run, outcome)
            worker.meters.ended(ended.session, ended.run, RunCounts.name(of: ended.outcome))
            let policy = worker.policy(of: kind)
            results[ended.session.partition, default: []].append(
                Verdict.event(
                    for: outcome, of: ended.run, session: ended.session,
                    policy: policy.retry, now: now, random: .random(in: .min ... .max),
                    limits: worker.options.limits))
        }
        for (partition, events) in results {
            let number = Int32(clamping: partition)
            let writer = state.partitions[number]?.writer ?? worker.newWriter()
            for start in stride(from: 0, to: events.count, by: Self.maxResults) {
                let part = Array(events[start..<min(start + Self.maxResults, events.count)])
                state.outbox.append(
                    OutgoingMessage(
                        content: .events(partition: number, part, writer: writer)))
            }
        }
    }

    private static let maxResults = 512

    /// Claims again what another owner's event took and the group still gives to this worker. Gives
    /// the writes that were made under the old claim: their answers would not be recognised.
    private func reclaimDue(
        _ state: inout GroupState, now: Timestamp
    ) -> [CheckedContinuation<Applied?, Never>] {
        var numbers: Set<Int32> = []
        for (number, owned) in state.partitions where !owned.isLeaving {
            guard let again = owned.reclaimAt, again <= now else { continue }
            numbers.insert(number)
        }
        for number in numbers {
            state.partitions[number]?.reclaimAt = nil
            state.reclaim(number, as: worker.newWriter(), now: now)
        }
        return state.takeWrites(of: numbers)
    }

    private func collectProposals(_ state: inout GroupState, now: Timestamp) -> Timestamp {
        var wake = now + Self.longestSleep
        let allowance = worker.options.partition.allowance
        // Another first partition each time, so that none has the places to itself.
        for number in state.partitions.keys.shuffled() {
            guard var owned = state.partitions.removeValue(forKey: number) else { continue }
            if !state.isStopping, !owned.isLeaving {
                let writer = owned.writer
                owned.withMachine { machine in
                    for events in machine.tick(now: now, gates: &state.gates) {
                        let over = state.claims.note(
                            events, in: machine.table, allowance: allowance)
                        for kind in over { worker.meters.expired(kind) }
                        state.outbox.append(
                            OutgoingMessage(
                                content: .events(partition: number, events, writer: writer)))
                    }
                    if let next = machine.nextTick(now: now, gates: state.gates) {
                        wake = min(wake, next)
                    }
                }
            }
            state.partitions[number] = owned
        }
        if let deadline = worker.runs.nextDeadline { wake = min(wake, deadline) }
        return wake
    }

    private func sleep(until wake: Timestamp, _ seen: UInt32) {
        let pause = wake - worker.now()
        guard pause > 0 else { return }
        worker.signal.wait(whileCountIs: seen, nanoseconds: pause * 1_000_000)
    }

    // MARK: Leaving

    /// Lets partitions go once their runs have ended and their results are in the log.
    private func completeLeaving(_ link: GroupLink, now: Timestamp) {
        let leaving = worker.state.withLock { $0.leaving }
        for leave in leaving {
            // Under one lock: a run that ends meanwhile is seen as running or as ended.
            let isSettled = worker.state.withLock { state in
                state.isSettled(leave.partitions)
                    && !worker.runs.contains {
                        leave.partitions.contains(Int32(clamping: $0.partition))
                    }
            }
            guard isSettled || now >= leave.deadline else { continue }
            link.flush(within: .seconds(2))
            worker.saveCheckpoints(leave.partitions)
            worker.drop(leave.partitions, why: "revoked")
            worker.consumer.withLock { $0 }?.completeRevocation(leave.rebalance)
            worker.state.withLock { state in
                state.leaving.removeAll { $0.rebalance.id == leave.rebalance.id }
            }
        }
    }

    /// The last results go out, then the consumer leaves the group.
    private func finish(_ link: inout GroupLink?) {
        if let link {
            _ = try? round(link)
            link.flush(within: .seconds(5))
        }
        let numbers = worker.state.withLock { Set($0.partitions.keys) }
        worker.saveCheckpoints(numbers)
        let consumer = worker.consumer.withLock { $0 }
        consumer?.requestClose()
        // The consumer asks for its partitions back while it closes.
        let limit = worker.now() + 10_000
        while worker.state.withLock({ !$0.partitions.isEmpty }), worker.now() < limit {
            let seen = worker.signal.count
            if let link {
                _ = try? round(link)
                completeLeaving(link, now: .distantFuture)
            }
            worker.signal.wait(whileCountIs: seen, nanoseconds: 50_000_000)
        }
        worker.consumer.withLock { $0 = nil }
        consumer?.closeBlocking()
        worker.drop(numbers, why: "the worker stops")
        // Nobody would write their outcomes any more.
        for each in worker.runs.abandon() {
            worker.meters.ended(each.session, each.run, RunCounts.abandoned)
        }
        if let link {
            // What ended while the consumer closed.
            _ = try? round(link)
            link.flush(within: .seconds(2))
        }
        link?.close()
        link = nil
    }
}

extension GroupState {
    /// Claims a partition anew, on top of what is folded already.
    mutating func reclaim(_ number: Int32, as writer: Writer, now: Timestamp) {
        guard var owned = partitions[number], !owned.isLeaving else { return }
        // Taken out, so that the machine is changed in place and not copied.
        partitions[number] = nil
        owned.writer = writer
        if case .opening(let opening) = owned.fold {
            owned.fold = .opening(opening.reclaimed(by: writer))
        }
        owned.withMachine { $0.reclaim(as: writer, now: now, gates: &gates) }
        partitions[number] = owned
        outbox.append(owned.ownerMessage)
    }
}
