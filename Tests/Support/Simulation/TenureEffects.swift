internal import Model
internal import Recovery
internal import Sessions

// What a worker does with the machine's effects: runs handlers, writes their results and the dead
// letters, commits and trims.

extension Tenure {
    func handle(_ effect: PartitionMachine.Effect) {
        world.trace.note("  \(worker.name) p\(partition): \(effect.short)")
        switch effect {
        case .becameOwner: break
        case .fenced:
            world.reached(.fenced)
            reclaim()
        case .run(let session, let run):
            world.ledger.handsOut(
                session, run, of: log.watch, isStandalone: false,
                hasWildClocks: world.scenario.hasWildClocks)
            world.reached(.ranHandler)
            runs.append(
                ActiveRun(
                    session, run, at: world.time, trouble: world.handlerTrouble,
                    dice: &world.dice))
        case .release(let session, let run):
            world.reached(.claimReleased)
            send([
                PartitionMachine.released(
                    session.id, run.token, in: Int32(partition), now: worker.now)
            ])
        case .wrote: break
        case .deadLetter(let session): deadLetters.append(session)
        case .commit(let offset): commitWish = offset
        }
    }

    // MARK: Runs

    func advanceRuns() {
        for index in runs.indices.reversed() {
            let run = runs[index]
            if !run.isLate, world.time >= run.finishes {
                runs.remove(at: index)
                end(run, run.outcome)
            } else if !run.isLate, worker.now >= run.run.deadline {
                end(run, ActiveRun.timeout)
                runs[index].isLate = true
            } else if run.isLate, world.time >= run.finishes {
                runs.remove(at: index)
                world.reached(.lateResult)
                send([event(run, .completed(token: run.run.token))])
            } else if let write = run.writes.first {
                runs[index].writes.removeFirst()
                send(write, of: run)
            }
        }
        // A handler that hangs is forgotten with the tenure.
        if !believes { runs.removeAll { $0.isLate && $0.finishes == .distantFuture } }
    }

    private func end(_ run: ActiveRun, _ outcome: HandlerOutcome) {
        let outcome = worker.gates.release(
            run.session.kind, outcome, of: run.session.id, now: worker.now)
        let policy = world.scenario.policy(of: run.session.kind).retry
        send([
            Verdict.event(
                for: outcome, of: run.run, session: run.session, policy: policy, now: worker.now,
                random: world.dice.bits(), limits: Limits())
        ])
    }

    private func event(_ run: ActiveRun, _ body: Event.Body, sequence: UInt64 = 0) -> Event {
        Event(
            session: run.session.id, sequence: sequence, partition: UInt32(partition), body: body)
    }

    /// A run's write, numbered by what its worker knows; what that was wrong about is not counted.
    private func send(_ write: ActiveRun.Write, of run: ActiveRun) {
        guard let session = machine?.table[run.session.id] else { return }
        let timeout = world.scenario.policy(of: session.kind).handlerTimeout
        let until = max(worker.now + timeout, session.due ?? .zero)
        let token = run.run.token
        let body: Event.Body =
            switch write {
            case .append(let record):
                .appended(Event.Write(record: record, until: until, token: token))
            case .replace(let record):
                .replaced(Event.Write(record: record, until: until, token: token))
            case .extend: .extended(until: until, token: token)
            }
        send([event(run, body, sequence: session.sequence + 1)])
    }

    // MARK: Dead letters

    func writeDeadLetters() {
        guard world.broker.isUp, !deadLetters.isEmpty else { return }
        let session = deadLetters.removeFirst()
        world.broker.deadLetters[session.id] = session
        send([
            Event(session: session.id, partition: UInt32(partition), body: .deadLettered)
        ])
    }

    // MARK: The network

    func deliver() {
        guard world.broker.isUp, !lane.isEmpty else { return }
        let count = world.isQuieting ? lane.count : world.dice.within(0...lane.count)
        for _ in 0..<count {
            let sent = lane.removeFirst()
            world.land(sent, in: partition)
            giveBackClaims(of: sent, at: log.nextOffset - 1)
        }
    }

    /// The broker has told a worker that leaves where its claims are; it need not read them.
    private func giveBackClaims(of sent: Sent, at offset: Int64) {
        for (index, event) in sent.events.enumerated() {
            guard case .claimed = event.body,
                let given = machine?.giveBack(
                    event.session, claimedBy: sent.origin.writer,
                    at: Position(offset: offset, index: index), now: worker.now)
            else { continue }
            world.reached(.claimGivenBack)
            send([given])
        }
    }

    // MARK: Commits

    func commit() {
        guard world.broker.isUp, var offset = commitWish else { return }
        commitWish = nil
        if world.mutation == .commitsTheHead { offset = machine?.nextOffset ?? offset }
        let isTaken = world.broker.commit(
            offset, of: partition, worker: worker.index, generation: generation)
        world.reached(isTaken ? .committed : .commitRefused)
        // Deleting may fail, or come much later; here it comes or not.
        if isTaken, world.dice.percent(70) {
            world.reached(.trimmed)
            world.broker.trim(partition, below: offset)
        }
    }

    // MARK: Mutations

    func mutated(_ message: PartitionMessage) -> PartitionMessage {
        var message = message
        switch world.mutation {
        case .foldWithoutOwners:
            if message.events.contains(where: { $0.body.type == .claimed }), let machine {
                message.origin.writer = machine.table.owner
            }
        case .foldWithoutTokens:
            guard let machine else { break }
            let events = message.events
            let current = events.map { $0.withToken(machine.table[$0.session]?.run?.token) }
            guard current != events else { break }
            message.value = message.isBatch ? EventBatch.encoded(current) : current[0].encoded
        default: break
        }
        return message
    }
}

extension PartitionMachine.Effect {
    var short: String {
        switch self {
        case .run(let session, let run): "runs \(session.id.low & 0xFFF) with \(run.token)"
        case .release(let session, let run):
            "releases \(session.id.low & 0xFFF) with \(run.token)"
        case .deadLetter(let session): "dead letter \(session.id.low & 0xFFF)"
        case .wrote(let id, let sequence, let applied):
            "wrote \(sequence) of \(id.low & 0xFFF): \(applied)"
        case .becameOwner: "became owner"
        case .fenced(let writer): "fenced by \(writer.node)/\(writer.incarnation)"
        case .commit(let offset): "may commit \(offset)"
        }
    }
}

extension [PartitionMachine.Effect] {
    /// Dead letters come in a hash's order when a partition is taken over; a schedule must not
    /// depend on that.
    func inStableOrder() -> Self {
        func place(_ effect: PartitionMachine.Effect) -> UInt64 {
            if case .deadLetter(let session) = effect { session.id.low } else { 0 }
        }
        return enumerated().sorted { left, right in
            let places = (place(left.element), place(right.element))
            return places.0 == places.1 ? left.offset < right.offset : places.0 < places.1
        }.map(\.element)
    }
}

extension PartitionMessage {
    /// What can be read of it.
    var events: [Event] {
        guard let value else { return [] }
        return value.withUnsafeBytes { bytes in
            guard isBatch else { return (try? Event(decoding: bytes)).map { [$0] } ?? [] }
            var events: [Event] = []
            try? EventBatch.forEach(in: bytes) { _, slice in
                if let event = try? Event(decoding: slice) { events.append(event) }
            }
            return events
        }
    }
}

extension Event {
    /// A copy that does not say where its original began.
    var withoutOrigin: Event {
        guard case .carried(var snapshot) = body else { return self }
        snapshot.first = .none
        var event = self
        event.body = .carried(snapshot)
        return event
    }

    /// The event as if it came with `current`, where it comes with some other token.
    func withToken(_ current: Position?) -> Event {
        guard let current, let token, token != .none, token != current else { return self }
        var event = self
        switch body {
        case .completed: event.body = .completed(token: current)
        case .retried(var retry):
            retry.token = current
            event.body = .retried(retry)
        case .parked(let parking, _): event.body = .parked(parking, token: current)
        default: break
        }
        return event
    }
}
