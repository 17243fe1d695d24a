package import Kafka
internal import Logging
internal import Model
internal import Platform
internal import Sessions
internal import Synchronization

// What the consumer tells, on the consumer's thread.

extension GroupWorker: KafkaConsumerSink {
    package func handle(_ event: KafkaConsumerEvent) {
        switch event {
        case .assigned(let rebalance): assigned(rebalance)
        case .revoked(let rebalance): revoked(rebalance)
        case .lost(let rebalance):
            drop(Set(rebalance.partitions.map(\.partition)), why: "lost")
        case .reachedEnd: break
        case .committed(let slot, let error): committed(slot, error)
        case .failed(let error):
            if error.code == .kafkaFatal || error.code == .fenced {
                state.withLock { $0.consumerFailure = error }
                signal.notify()
            }
            failed(error)
        }
    }

    package func receive(_ batch: borrowing KafkaBatch) {
        var effects: [(Int32, PartitionMachine.Effect)] = []
        state.withLock { state in
            var origins = OriginCache()
            batch.forEach { message in
                let partition = message.partition
                guard var owned = state.partitions[partition] else { return }
                // Taken out, so that the machine is changed in place and not copied.
                state.partitions[partition] = nil
                var found: [PartitionMachine.Effect] = []
                fold(PartitionMessage(message, &origins), into: &owned, &found)
                owned.unreadClaims.forget(before: message.offset + 1)
                state.partitions[partition] = owned
                for effect in found { effects.append((partition, effect)) }
            }
            state.unacted += effects.count
        }
        for (partition, effect) in effects { act(on: effect, partition) }
        state.withLock { $0.unacted -= effects.count }
        signal.notify()
    }

    private func fold(
        _ message: PartitionMessage, into owned: inout OwnedPartition,
        _ effects: inout [PartitionMachine.Effect]
    ) {
        switch owned.fold {
        case .folding(var machine):
            owned.fold = .opening(PartitionOpening.empty)
            machine.fold(message, effects: &effects)
            owned.fold = .folding(machine)
        case .opening(var opening):
            owned.fold = .opening(PartitionOpening.empty)
            guard let beginning = opening.read(message) else {
                owned.fold = .opening(opening)
                return
            }
            if !beginning.hasMark {
                logger.report(
                    .warning, .checkpointUnusable,
                    "the committed offset has no mark; repeated messages may be recovered again",
                    metadata: ["reprise.partition": "\(owned.partition)"])
            }
            var machine = PartitionMachine(
                partition: owned.partition, writer: owned.writer, table: beginning.table,
                offset: beginning.offset, options: options.partition)
            for message in beginning.messages { machine.fold(message, effects: &effects) }
            owned.fold = .folding(machine)
        }
    }

    private func act(on effect: PartitionMachine.Effect, _ partition: Int32) {
        switch effect {
        case .becameOwner:
            logger.info("partition owned", metadata: ["reprise.partition": "\(partition)"])
        case .fenced(let writer):
            logger.report(
                .warning, .fenced, "another worker claimed the partition",
                metadata: [
                    "reprise.partition": "\(partition)", "reprise.owner": "\(writer.node)",
                ])
            let again = now() + 1_000
            state.withLock { $0.partitions[partition]?.reclaimAt = again }
        case .run(let session, let run): start(session, run)
        case .release(let session, let run):
            let now = self.now()
            state.withLock { state in
                let writer = state.partitions[partition]?.writer ?? newWriter()
                let event = PartitionMachine.released(
                    session.id, run.token, in: partition, now: now)
                state.outbox.append(
                    OutgoingMessage(
                        content: .events(partition: partition, [event], writer: writer)))
            }
        case .wrote(let id, let sequence, let applied):
            let waiter = state.withLock {
                $0.writes.removeValue(
                    forKey: .init(
                        partition: partition, session: id, sequence: sequence))
            }
            waiter?.resume(returning: applied)
        case .deadLetter(let session):
            if case .parked(let parking) = session.phase {
                observer.parked(session.id, parking)
                meters.parked(parking.reason)
            }
            state.withLock {
                $0.outbox.append(
                    OutgoingMessage(content: .deadLetter(session, partition: partition)))
            }
        case .commit(let offset): commit(offset, partition)
        }
    }

    // MARK: Assignment

    private func assigned(_ rebalance: KafkaRebalance) {
        guard let consumer = consumer.withLock({ $0 }) else { return }
        let committed: [KafkaPartition: Int64]
        do throws(RepriseError) {
            committed = try consumer.committed(rebalance.partitions, timeout: .seconds(15))
        } catch {
            // Without the offset there is no telling where to begin: join again.
            failed(error)
            state.withLock { $0.consumerFailure = error }
            signal.notify()
            return
        }
        var starts: [(partition: KafkaPartition, start: KafkaStart)] = []
        for partition in rebalance.partitions {
            starts.append((partition, begin(partition, committed: committed[partition])))
        }
        consumer.completeAssignment(rebalance, starts: starts)
        signal.notify()
    }

    /// Sets up the fold of one partition and queues the claim on it.
    private func begin(_ partition: KafkaPartition, committed: Int64?) -> KafkaStart {
        let number = partition.partition
        let writer = newWriter()
        let fold: OwnedPartition.Fold
        let start: KafkaStart
        if let checkpoint = checkpoint(partition, atLeast: committed ?? 0) {
            fold = .folding(
                PartitionMachine(
                    partition: number, writer: writer, table: checkpoint.table,
                    offset: checkpoint.offset, options: options.partition))
            start = .offset(checkpoint.offset)
        } else if let committed {
            fold = .opening(
                PartitionOpening(start: committed, ownerWriter: writer, limits: options.limits))
            start = .offset(committed)
        } else {
            fold = .folding(
                PartitionMachine(
                    partition: number, writer: writer,
                    table: SessionTable(limits: options.limits), offset: 0,
                    options: options.partition))
            start = .earliest
        }
        let owned = OwnedPartition(fold: fold, partition: number, writer: writer)
        state.withLock { state in
            state.partitions[number] = owned
            state.outbox.append(owned.ownerMessage)
        }
        return start
    }

    private func revoked(_ rebalance: KafkaRebalance) {
        let numbers = Set(rebalance.partitions.map(\.partition))
        let now = self.now()
        state.withLock { state in
            for number in numbers { state.leave(number, now: now) }
            state.leaving.append(
                Leaving(
                    rebalance: rebalance, partitions: numbers, deadline: now + options.drain))
        }
        signal.notify()
    }

    /// The partitions are gone. What runs there goes on: until its deadline nobody else is handed the session,
    /// and its outcome counts by its token, whoever has the partition by then.
    func drop(_ numbers: Set<Int32>, why: String) {
        let now = self.now()
        let waiters = state.withLock { state -> [CheckedContinuation<Applied?, Never>] in
            for number in numbers { state.drop(number, now: now) }
            // Assigned anew, they are not to go at the deadline of a revocation that is over.
            for index in state.leaving.indices {
                state.leaving[index].partitions.subtract(numbers)
            }
            return state.takeWrites(of: numbers)
        }
        for waiter in waiters { waiter.resume(returning: nil) }
        logger.info(
            "partitions given up",
            metadata: ["reprise.partitions": "\(numbers.sorted())", "reprise.reason": "\(why)"])
    }

    /// Counted, and told to whoever observes.
    func failed(_ error: RepriseError) {
        meters.failed(error.code)
        observer.failed(error)
    }

    // MARK: Committing

    private func commit(_ offset: Int64, _ partition: Int32) {
        guard let consumer = consumer.withLock({ $0 }) else { return }
        let slot = state.withLock { state in
            let slot = state.nextSlot
            state.nextSlot += 1
            state.commits[slot] = (partition, offset)
            return slot
        }
        do throws(RepriseError) {
            try consumer.commit(
                [KafkaOffset(topic: options.sessionsTopic, partition: partition, offset: offset)],
                slot: slot)
        } catch {
            // The next mark will be committed instead.
            state.withLock { _ = $0.commits.removeValue(forKey: slot) }
            failed(error)
        }
    }

    private func committed(_ slot: UInt64, _ error: RepriseError?) {
        let commit = state.withLock { $0.commits.removeValue(forKey: slot) }
        if let error {
            failed(error)
            return
        }
        guard let commit, options.trims, let admin = trimmer.withLock({ $0 }) else { return }
        let offset = KafkaOffset(
            topic: options.sessionsTopic, partition: commit.partition, offset: commit.offset)
        Task { [self] in
            do throws(RepriseError) {
                _ = try await admin.deleteRecords(before: [offset])
            } catch {
                // What is not trimmed now goes with the next mark.
                failed(error)
            }
        }
    }
}
