public import Model
public import Sessions

/// A seeded soup of events over a few sessions: right ones and wrong ones, stale tokens, repeats,
/// gaps, foreign writers, copies that land late, events of a later version.
public struct SessionSoup {
    public var trace: SessionTrace
    public private(set) var random: SeededRandom
    /// Tokens of all claims so far, by session.
    public private(set) var tokens: [Int: [Position]] = [:]
    /// Copies on their way to the log.
    private var flying: [(event: Event, writer: Writer)] = []
    private var now: Int64 = 0
    private var fresh: Int
    private var journal: UInt64 = 0
    private var mirrored: [(Event, Origin)] = []
    private let sessions: Int

    public init(seed: UInt64, sessions: Int = 6) {
        random = SeededRandom(seed: seed)
        trace = SessionTrace()
        self.sessions = sessions
        fresh = sessions
        trace.own()
    }

    /// One more event; gives it and what the fold said.
    @discardableResult
    public mutating func step() -> (SessionTrace.Entry, Applied) {
        now += Int64(random.below(20))
        let number = max(0, fresh - sessions) + random.below(sessions)
        let session = trace[number]
        let before = trace.log.count
        var applied = Applied.accepted
        switch random.below(100) {
        case 0..<16: applied = open(number)
        case 16..<34: applied = ownersWord(number, session)
        case 34..<50: applied = claim(number, session)
        case 50..<66: applied = runsWord(number, session)
        case 66..<72: applied = operatorsWord(number, session)
        case 72..<86: applied = carry(number)
        case 86..<90: applied = resend()
        case 90..<92: applied = trace.own(writer())
        case 92..<94: applied = later(number)
        default: applied = trace.add(number, 0, .deadLettered, by: writer())
        }
        precondition(trace.log.count == before + 1, "a step is one event")
        return (trace.log[before], applied)
    }

    // MARK: Kinds of events

    private mutating func open(_ number: Int) -> Applied {
        // A session that is gone is rarely opened again; mostly the window moves on.
        guard trace[number] == nil, !random.chance(5) else { return mirror(number, 1, opening()) }
        if !random.chance(10) { fresh += 1 }
        return mirror(fresh - 1, 1, opening())
    }

    private mutating func opening() -> Event.Body {
        .opened(
            Event.Opening(
                kind: SessionTrace.kind, record: random.chance(20) ? nil : record(),
                headers: [Header("h", "v")], lease: time(), time: Timestamp(milliseconds: now)))
    }

    private mutating func ownersWord(_ number: Int, _ session: Session?) -> Applied {
        let sequence = nextSequence(session)
        switch random.below(6) {
        case 0: return mirror(number, sequence, .replaced(write(.none)))
        case 1: return mirror(number, sequence, .extended(until: time(), token: .none))
        case 2: return mirror(number, sequence, .completed(token: .none))
        case 3: return mirror(number, sequence, .closed(due: time()))
        default: return mirror(number, sequence, .appended(write(.none)))
        }
    }

    private mutating func claim(_ number: Int, _ session: Session?) -> Applied {
        let attempt = (session?.attempts ?? 0) &+ (random.chance(90) ? 1 : UInt32(random.below(3)))
        let due = session?.due?.milliseconds ?? now
        let time = random.chance(80) ? max(now, due) : now
        let by = random.chance(85) ? trace.table.owner : writer()
        let applied = trace.claim(
            number, attempt, at: time, deadline: time + Int64(random.below(40)), by: by)
        tokens[number, default: []].append(trace.last)
        return applied
    }

    private mutating func runsWord(_ number: Int, _ session: Session?) -> Applied {
        let stale = tokens[number].map { $0[random.below($0.count)] }
        let token = random.chance(75) ? session?.run?.token ?? stale : stale
        let sequence = nextSequence(session)
        let used = token ?? Position(rawValue: 1)
        switch random.below(8) {
        case 0: return trace.add(number, sequence, .replaced(write(used)))
        case 1: return trace.extend(number, sequence, until: time().milliseconds, token: used)
        case 2, 3: return trace.add(number, sequence, .appended(write(used)))
        case 4: return trace.complete(number, token: used)
        case 5: return trace.park(number, token: used, at: now)
        default:
            return trace.retry(
                number, token: used, due: time().milliseconds, at: now,
                counted: random.chance(60))
        }
    }

    private mutating func operatorsWord(_ number: Int, _ session: Session?) -> Applied {
        switch random.below(4) {
        case 0:
            return trace.requeue(
                number, due: now, snapshot: random.chance(20) ? session?.snapshot : nil)
        case 1: return trace.cancel(number)
        default:
            return trace.park(
                number, at: now, by: random.chance(50) ? SessionTrace.admin : writer())
        }
    }

    /// A copy of now, or one of an earlier moment that lands only now.
    private mutating func carry(_ number: Int) -> Applied {
        if random.chance(60), let copy = trace.table.carry(SessionTrace.id(number)) {
            flying.append((copy, random.chance(95) ? trace.table.owner : writer()))
        }
        guard !flying.isEmpty, !random.chance(30) else {
            return trace.add(number, 0, .mark(mark()), by: writer())
        }
        let landing = flying.remove(at: random.below(flying.count))
        return trace.add(landing.event, from: Origin(writer: landing.writer))
    }

    private mutating func later(_ number: Int) -> Applied {
        var event = Event(
            session: SessionTrace.id(number), sequence: nextSequence(trace[number]), partition: 3,
            body: .unknown(type: UInt32(1 + random.below(20))), version: 2)
        event.sequence = random.chance(50) ? 0 : event.sequence
        return trace.add(event, from: Origin(writer: writer()))
    }

    private mutating func resend() -> Applied {
        guard !mirrored.isEmpty else { return trace.cancel(0) }
        let (event, origin) = random.pick(mirrored)
        return trace.add(event, from: origin)
    }

    private mutating func mirror(_ number: Int, _ sequence: UInt64, _ body: Event.Body) -> Applied {
        journal += 1
        let event = Event(
            session: SessionTrace.id(number), sequence: sequence, partition: 3, body: body)
        let origin = Origin(writer: SessionTrace.node, sequence: journal)
        mirrored.append((event, origin))
        return trace.add(event, from: origin)
    }

    // MARK: Their parts

    private mutating func nextSequence(_ session: Session?) -> UInt64 {
        let next = (session?.sequence ?? 0) &+ 1
        if random.chance(80) { return next }
        return random.chance(50) ? next &+ UInt64(random.below(3)) : next &- UInt64(random.below(3))
    }

    private mutating func writer() -> Writer {
        random.pick([
            SessionTrace.worker, SessionTrace.other, SessionTrace.admin, SessionTrace.node,
            trace.table.owner,
        ])
    }

    private mutating func write(_ token: Position) -> Event.Write {
        Event.Write(record: record(), until: time(), token: token)
    }

    private mutating func record() -> [UInt8] { random.bytes(random.below(12)) }

    private mutating func time() -> Timestamp {
        Timestamp(milliseconds: now + Int64(random.below(60)) - 10)
    }

    private func mark() -> Mark { trace.table.mark(start: 0) }
}
