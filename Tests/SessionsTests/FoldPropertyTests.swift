import Model
@testable import Sessions
import TestSupport
import Testing

/// What holds of every log, whatever stands in it.
@Suite struct FoldPropertyTests {
    private static let seeds = UInt64(0)..<250
    private static let steps = 160

    @Test func `after every event the counters are what a recount says`() {
        for seed in FoldPropertyTests.seeds {
            var soup = SessionSoup(seed: seed)
            for step in 0..<FoldPropertyTests.steps {
                let (entry, _) = soup.step()
                let problems = SessionCheck.problems(of: soup.trace.table)
                #expect(problems == [], "seed \(seed), step \(step): \(entry.event.body)")
                guard problems.isEmpty else { return }
            }
        }
    }

    @Test func `the soup reaches every phase, every end and every reason to pass over`() {
        var ignored: Set<Ignored> = []
        var accepted: Set<String> = []
        var totals = Totals()
        for seed in FoldPropertyTests.seeds {
            var soup = SessionSoup(seed: seed)
            for _ in 0..<FoldPropertyTests.steps {
                let (entry, applied) = soup.step()
                switch applied {
                case .accepted: accepted.insert(entry.event.body.type?.wireName ?? "unknown")
                case .ignored(let reason): ignored.insert(reason)
                }
            }
            totals.completed += soup.trace.table.totals.completed
            totals.cancelled += soup.trace.table.totals.cancelled
            totals.deadLettered += soup.trace.table.totals.deadLettered
        }
        #expect(ignored == Set(Ignored.allCases))
        #expect(accepted.count == EventType.allCases.count)  // No handedOver, but the unknown.
        #expect(totals.completed > 100 && totals.cancelled > 100 && totals.deadLettered > 100)
    }

    @Test func `what is ignored changes nothing, stale tokens least of all`() {
        for seed in FoldPropertyTests.seeds {
            var soup = SessionSoup(seed: seed)
            for step in 0..<FoldPropertyTests.steps {
                // Sending a copy is no event, and ending a hold no change: compared by content.
                let before = soup.trace.table
                let (entry, applied) = soup.step()
                let after = soup.trace.table
                guard case .ignored(let reason) = applied else { continue }
                #expect(
                    SessionCheck.difference(before, after) == nil && before.totals == after.totals
                        && before.owner == after.owner,
                    "seed \(seed), step \(step): \(entry.event.body) was \(reason)")
                #expect(after.ignored[reason] == before.ignored[reason] + 1, "seed \(seed)")
            }
        }
    }

    @Test func `at most one outcome is accepted for a claim, and only with its token`() {
        for seed in FoldPropertyTests.seeds {
            var soup = SessionSoup(seed: seed)
            var ended: Set<Position> = []
            for step in 0..<FoldPropertyTests.steps {
                let before = soup.trace.table
                let (entry, applied) = soup.step()
                let event = entry.event
                guard event.version == 1, let token = event.body.outcomeToken, token != .none else {
                    continue
                }
                let current = before[event.session]?.run?.token
                #expect((applied == .accepted) == (current == token), "seed \(seed), step \(step)")
                guard applied == .accepted else { continue }
                #expect(ended.insert(token).inserted, "seed \(seed), step \(step)")
            }
        }
    }

    @Test func `who is finished never comes back by itself`() {
        for seed in FoldPropertyTests.seeds {
            var soup = SessionSoup(seed: seed)
            var known: Set<SessionID> = []
            for step in 0..<FoldPropertyTests.steps {
                let before = soup.trace.table
                let (entry, _) = soup.step()
                let id = entry.event.session
                defer { known.formUnion(soup.trace.table.sessions.keys) }
                guard before[id] == nil, soup.trace.table[id] != nil, known.contains(id),
                    entry.event.version == 1
                else { continue }
                switch entry.event.body {
                case .opened: break
                case .requeued(let requeue) where requeue.snapshot != nil: break
                default:
                    Issue.record("seed \(seed), step \(step): \(entry.event.body) revived \(id)")
                }
            }
        }
    }

    @Test func `the same log gives the same table`() {
        for seed in FoldPropertyTests.seeds {
            var soup = SessionSoup(seed: seed)
            for _ in 0..<FoldPropertyTests.steps { soup.step() }
            var again = SessionTable()
            for entry in soup.trace.log {
                again.apply(entry.event, at: entry.position, from: entry.origin)
            }
            let table = soup.trace.table
            #expect(SessionCheck.difference(table, again) == nil, "seed \(seed)")
            #expect(table.totals == again.totals && table.owner == again.owner, "seed \(seed)")
            #expect(table.ignored == again.ignored, "seed \(seed)")
            #expect(table.journals == again.journals, "seed \(seed)")
        }
    }

    @Test func `what a mirror sends again changes nothing`() {
        for seed in FoldPropertyTests.seeds {
            var soup = SessionSoup(seed: seed)
            for _ in 0..<FoldPropertyTests.steps { soup.step() }
            var table = soup.trace.table
            var position = soup.trace.next
            for entry in soup.trace.log where entry.origin.sequence > 0 {
                let applied = table.apply(entry.event, at: position, from: entry.origin)
                #expect(applied == .ignored(.resent), "seed \(seed)")
                position = Position(offset: position.offset + 1)
            }
            #expect(SessionCheck.difference(soup.trace.table, table) == nil, "seed \(seed)")
            #expect(soup.trace.table.totals == table.totals, "seed \(seed)")
        }
    }

    /// The point of marks and of carrying: wherever the table allows a start, a fold from there knows
    /// the same sessions, whatever was on its way when.
    @Test func `a fold from any allowed start rebuilds the table`() {
        var checked = 0
        for seed in UInt64(0)..<400 {
            var soup = SessionSoup(seed: seed, sessions: 3)
            var marks = [(soup.trace.next, soup.trace.table.mark(start: soup.trace.next.offset))]
            for step in 0..<FoldPropertyTests.steps {
                soup.step()
                let next = soup.trace.next
                marks.append((next, soup.trace.table.mark(start: next.offset)))
                guard step % 8 == 7 else { continue }
                for (position, mark) in marks.suffix(30) {
                    var table = soup.trace.table
                    guard table.allowsStart(at: position) else { continue }
                    var refold = SessionTable(from: mark)
                    for entry in soup.trace.log where entry.position >= position {
                        refold.apply(entry.event, at: entry.position, from: entry.origin)
                    }
                    checked += 1
                    let difference = SessionCheck.difference(soup.trace.table, refold)
                    #expect(difference == nil, "seed \(seed), step \(step), from \(position)")
                    #expect(SessionCheck.problems(of: refold) == [], "seed \(seed), step \(step)")
                    if difference != nil { return }
                }
            }
        }
        #expect(checked > 5_000, "hardly any start was allowed")
    }

    // MARK: The checkers can fail

    @Test func `a table that was tampered with is found out`() throws {
        var soup = SessionSoup(seed: 1)
        for _ in 0..<FoldPropertyTests.steps { soup.step() }
        let table = soup.trace.table
        let id = try #require(table.sessions.keys.first)
        let spoils: [(inout SessionTable) -> Void] = [
            { $0.totals.opened += 1 },
            { $0.totals.completed += 1 },
            { $0.alive.waiting += 1 },
            { $0.bytes += 1 },
            { $0.sessions[id] = nil },
            { $0.sessions[id]?.bytes += 1 },
            { $0.sessions[id]?.records.append([1]) },
            { $0.sessions[id]?.first = Position(rawValue: 1) },
            {
                $0.sessions[id]?.pending = .cancel; $0.sessions[id]?.phase = .waiting(due: .zero)
            },
        ]
        for (index, spoil) in spoils.enumerated() {
            var spoiled = table
            spoil(&spoiled)
            #expect(SessionCheck.problems(of: spoiled) != [], "spoil \(index)")
        }
        var other = table
        other.sessions[id]?.attempts += 1
        #expect(SessionCheck.difference(table, other) != nil)
        other = table
        other.sessions[id] = nil
        #expect(SessionCheck.difference(table, other) != nil)
        #expect(SessionCheck.difference(other, table) != nil)
    }
}

extension Event.Body {
    /// The token of an event that ends a run.
    fileprivate var outcomeToken: Position? {
        switch self {
        case .completed(let token), .parked(_, let token): token
        case .retried(let retry): retry.token
        default: nil
        }
    }
}
