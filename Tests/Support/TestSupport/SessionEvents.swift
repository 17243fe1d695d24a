public import Model

/// Random events of every type with every field, extreme values included: for the codec.
public enum SessionEvents {
    public static func event(_ random: inout SeededRandom) -> Event {
        var event = Event(
            session: SessionID(high: random.next(), low: random.next()),
            sequence: random.chance(50) ? 0 : random.spread(),
            partition: random.chance(50) ? 0 : UInt32(truncatingIfNeeded: random.spread()),
            body: body(&random))
        if random.chance(5) { event.session = Event.noSession }
        return event
    }

    public static func body(_ random: inout SeededRandom) -> Event.Body {
        let type = random.pick(EventType.allCases)
        switch type {
        case .opened:
            return .opened(
                Event.Opening(
                    kind: Kind(unchecked: text(&random)),
                    record: random.chance(30) ? nil : record(&random), headers: headers(&random),
                    lease: time(&random), time: time(&random)))
        case .appended: return .appended(write(&random))
        case .replaced: return .replaced(write(&random))
        case .extended: return .extended(until: time(&random), token: position(&random))
        case .completed: return .completed(token: position(&random))
        case .closed: return .closed(due: time(&random))
        case .claimed:
            return .claimed(
                Event.Claim(
                    attempt: UInt32(truncatingIfNeeded: random.spread()), deadline: time(&random),
                    time: time(&random)))
        case .retried:
            return .retried(
                Event.Retry(
                    token: position(&random), due: time(&random), time: time(&random),
                    counted: random.chance(50), reason: text(&random)))
        case .parked: return .parked(parking(&random), token: position(&random))
        case .carried: return .carried(snapshot(&random))
        case .requeued:
            return .requeued(
                Event.Requeue(
                    due: time(&random), time: time(&random),
                    snapshot: random.chance(50) ? nil : snapshot(&random)))
        case .cancelled: return .cancelled(at: time(&random))
        case .deadLettered: return .deadLettered
        case .handedOver: return .handedOver
        case .owner: return .owner(writer(&random))
        case .mark: return .mark(mark(&random))
        }
    }

    public static func snapshot(_ random: inout SeededRandom) -> Snapshot {
        let attempts = UInt32(truncatingIfNeeded: random.spread())
        let phase: Phase =
            switch random.below(4) {
            case 0: .open(lease: time(&random))
            case 1: .waiting(due: time(&random))
            case 2:
                .running(
                    Run(attempt: attempts, token: position(&random), deadline: time(&random)))
            default: .parked(parking(&random))
            }
        return Snapshot(
            kind: Kind(unchecked: text(&random)), version: UInt32(1 + random.below(9)),
            headers: headers(&random), records: (0..<random.below(4)).map { _ in record(&random) },
            created: time(&random), phase: phase, attempts: attempts, order: random.spread(),
            history: (0..<random.below(4)).map { _ in attempt(&random) },
            sequence: random.spread(),
            unread: (0..<random.below(3)).map { _ in record(&random) }, first: position(&random))
    }

    static func write(_ random: inout SeededRandom) -> Event.Write {
        Event.Write(record: record(&random), until: time(&random), token: position(&random))
    }

    static func attempt(_ random: inout SeededRandom) -> Attempt {
        Attempt(
            number: UInt32(truncatingIfNeeded: random.spread()), time: time(&random),
            counted: random.chance(50), reason: text(&random))
    }

    static func parking(_ random: inout SeededRandom) -> Parking {
        Parking(
            reason: random.pick(ErrorCode.allCases), detail: text(&random), time: time(&random))
    }

    static func writer(_ random: inout SeededRandom) -> Writer {
        Writer(node: text(&random), journal: random.spread(), incarnation: random.spread())
    }

    static func mark(_ random: inout SeededRandom) -> Mark {
        var journals: [UInt64: UInt64] = [:]
        for _ in 0..<random.below(4) { journals[random.spread()] = random.spread() }
        var totals = Totals()
        totals.opened = random.spread()
        totals.completed = random.spread()
        totals.cancelled = random.spread()
        totals.deadLettered = Int64(bitPattern: random.spread())
        totals.handedOver = random.spread()
        return Mark(
            start: Int64(bitPattern: random.spread()), owner: writer(&random), journals: journals,
            totals: totals,
            revivals: (0..<random.below(3)).map { _ in
                Mark.Revival(
                    session: SessionID(high: random.spread(), low: random.spread()),
                    position: Position(rawValue: random.spread()))
            })
    }

    static func headers(_ random: inout SeededRandom) -> [Header] {
        (0..<random.below(4)).map { _ in Header(text(&random), text(&random)) }
    }

    static func record(_ random: inout SeededRandom) -> [UInt8] {
        random.bytes(random.chance(3) ? 4_000 : random.below(200))
    }

    static func time(_ random: inout SeededRandom) -> Timestamp {
        Timestamp(milliseconds: Int64(bitPattern: random.spread()))
    }

    static func position(_ random: inout SeededRandom) -> Position {
        Position(rawValue: random.chance(30) ? 0 : random.spread())
    }

    static func text(_ random: inout SeededRandom) -> String {
        let letters = ["a", "Z", "9", ".", "é", "漢", "🙂", "e\u{301}", "\u{0}", " "]
        return (0..<random.below(20)).map { _ in random.pick(letters) }.joined()
    }
}
