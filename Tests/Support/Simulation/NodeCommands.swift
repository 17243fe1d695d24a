internal import Journal
internal import Model
internal import Sessions
internal import WAL

/// What a client asks of a node.
enum Operation {
    case open
    case append([UInt8])
    case replace([UInt8])
    case extend
    case complete
    case close(after: Milliseconds?)

    var use: SpaceClass {
        switch self {
        case .open, .append, .replace: .normal
        case .extend, .complete, .close: .reserve
        }
    }
}

extension NodeProcess {
    /// Decides, appends and folds; the answer comes when it is durable, or at once as a refusal.
    func submit(
        _ operation: Operation, of client: Client, level: Acknowledgement
    ) throws(RepriseError) {
        let context = core.context(now: now, limits: Limits())
        let fence = core.table[client.id].map { session in
            min(
                session.fence.expires(acknowledged: context.acknowledged),
                session.due ?? .distantFuture)
        }
        let event: Event?
        do throws(RepriseError) {
            event = try decide(operation, client)
        } catch {
            if case .complete = operation {
            } else {
                world.trace.note("client \(client.index): refused: \(error.code)")
            }
            world.answer(ticket(operation, client, 0, .local, .zero), .refused(error.code))
            return
        }
        guard let event else {
            // Opened before: answered when what opened it is durable.
            tickets.append(
                ticket(operation, client, log.appended.rawValue, .local, .distantFuture))
            return
        }
        checkBelief(event)
        let (lsn, applied) = try append([event], use: operation.use)
        world.findings.require(
            applied == [.accepted], .survivesFaults,
            "node \(node.index): \(event) passed the checks, the fold says \(applied)")
        let opened = now + world.scenario.policy(of: client.kind).lease
        tickets.append(ticket(operation, client, lsn.rawValue, level, fence ?? opened))
        if world.mutation == .acknowledgesBeforeDurable { answerDurable() }
        if level == .mirrored { mirror?.hurry(through: lsn.rawValue) }
    }

    private var now: Timestamp { node.now }

    private func ticket(
        _ operation: Operation, _ client: Client, _ sequence: UInt64, _ level: Acknowledgement,
        _ fence: Timestamp
    ) -> Ticket {
        Ticket(
            client: client.index, operation: operation, sequence: sequence, level: level,
            fence: fence)
    }

    private func decide(_ operation: Operation, _ client: Client) throws(RepriseError) -> Event? {
        var context = core.context(now: now, limits: Limits())
        if world.mutation == .ignoresTheFence {
            context.acknowledged.advance(to: Position(rawValue: .max), now: .zero)
        }
        let policy = world.scenario.policy(of: client.kind)
        let table = core.table
        switch operation {
        case .open:
            let decision = try table.open(
                client.id, kind: client.kind, record: client.firstRecord, headers: [],
                lease: policy.lease, partition: UInt32(client.partition), context: context)
            guard case .write(let event) = decision else { return nil }
            return event
        case .append(let record):
            return try table.append(
                client.id, record: record, token: .none, lease: policy.lease, context: context)
        case .replace(let record):
            return try table.replace(
                client.id, record: record, token: .none, lease: policy.lease, context: context)
        case .extend:
            return try table.extend(
                client.id, by: policy.lease, token: .none, context: context)
        case .complete: return try table.complete(client.id, token: .none, context: context)
        case .close(let delay):
            return try table.close(
                client.id, after: delay, policy: policy.retry, random: world.dice.bits(),
                context: context)
        }
    }

    /// A node that takes a write believes that the session is its client's.
    private func checkBelief(_ event: Event) {
        guard world.scenario.isMirrored, !world.scenario.hasWildClocks else { return }
        world.findings.require(
            !world.broker.isTaken(event.session, in: Int(event.partition)), .oneBeliever,
            "node \(node.index) takes \(event.body) of \(event.session), which the group has "
                + "taken; fence \(String(describing: core.table[event.session]?.fence))")
    }
}
