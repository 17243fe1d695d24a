internal import Model
public import Sessions

/// What must hold of a table after every event. Returns what does not, for people.
public enum SessionCheck {
    public static func problems(of table: SessionTable) -> [String] {
        var problems: [String] = []
        if table.conservationDifference != 0 {
            problems.append("conservation is off by \(table.conservationDifference)")
        }
        var alive = AliveCounts()
        var bytes = 0
        var oldest: Position?
        for (id, session) in table.sessions {
            if id != session.id { problems.append("\(id) is filed under another id") }
            switch session.phase {
            case .open: alive.open += 1
            case .waiting: alive.waiting += 1
            case .running(let run):
                alive.running += 1
                if run.attempt != session.attempts { problems.append("\(id) has lost count") }
            case .parked: alive.parked += 1
            }
            if session.pending != nil, session.run == nil {
                problems.append("\(id) holds an order for the end of a run that is over")
            }
            let recount =
                session.records.reduce(0) { $0 + $1.count }
                + session.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
            if recount != session.bytes { problems.append("\(id) has \(recount) bytes") }
            bytes += recount
            oldest = min(oldest ?? session.first, session.first)
        }
        let kinds = Dictionary(grouping: table.sessions.values, by: \.kind).mapValues(\.count)
        if kinds != table.aliveByKind.mapValues(\.total).filter({ $0.value != 0 }) {
            problems.append("by kind \(table.aliveByKind), counted \(kinds)")
        }
        let sum = table.aliveByKind.values.reduce(AliveCounts(), +)
        if sum != alive { problems.append("by kind \(sum), counted \(alive)") }
        if alive != table.alive { problems.append("alive is \(alive), counted \(table.alive)") }
        if bytes != table.bytes { problems.append("bytes are \(bytes), counted \(table.bytes)") }
        var copy = table
        let water = copy.lowWater()
        if water != oldest {
            problems.append(
                "low water is \(String(describing: water)), not \(String(describing: oldest))")
        }
        return problems
    }

    /// Nil when the two tables know the same sessions and say the same of them.
    public static func difference(_ left: SessionTable, _ right: SessionTable) -> String? {
        for (id, session) in left.sessions {
            guard let other = right.sessions[id] else { return "\(id) is missing" }
            if session != other { return "\(id) is \(other), not \(session)" }
        }
        for id in right.sessions.keys where left.sessions[id] == nil { return "\(id) is too much" }
        if left.alive != right.alive { return "alive counts differ" }
        if left.bytes != right.bytes { return "bytes differ" }
        return nil
    }
}
