internal import Model
internal import Sessions

/// The order of hand-out, seen from outside: what a scheduler proposes is held against the table as
/// it was when it was asked.
struct HandOutCheck {
    let table: SessionTable
    /// Sessions whose proposals are on their way to the log.
    let outstanding: Set<SessionID>
    let allowance: Milliseconds

    private struct Key: Comparable {
        var wake: Timestamp
        var order: UInt64

        static func < (left: Key, right: Key) -> Bool {
            left.wake == right.wake ? left.order < right.order : left.wake < right.wake
        }
    }

    func run(_ events: [Event], now: Timestamp, _ findings: Findings) {
        var last: [Kind: Key] = [:]
        for event in events {
            guard let session = table[event.session], let key = key(session) else {
                findings.fail(.orderOfHandOut, "\(event) is proposed for what cannot be due")
                continue
            }
            if case .claimed(let claim) = event.body {
                findings.require(
                    claim.time <= now && key.wake <= now, .neverEarly,
                    "\(event.session) wakes at \(key.wake), is claimed at \(claim.time), the "
                        + "clock says \(now)")
                if let before = last[session.kind] {
                    findings.require(
                        before <= key, .orderOfHandOut,
                        "\(event.session) is claimed too late in its message")
                }
                last[session.kind] = max(last[session.kind] ?? key, key)
            }
        }
        guard !last.isEmpty else { return }
        let proposed = Set(events.map(\.session)).union(outstanding)
        for session in table.sessions.values where !proposed.contains(session.id) {
            guard let key = key(session), let latest = last[session.kind] else { continue }
            findings.require(
                key > latest || key.wake > now, .orderOfHandOut,
                "\(session.id), due \(key.wake.short), order \(key.order), is passed over by one "
                    + "due \(latest.wake.short), order \(latest.order)")
        }
    }

    private func key(_ session: Session) -> Key? {
        session.wake(allowance: allowance).map { Key(wake: $0, order: session.order) }
    }
}

extension [Event] {
    /// The scheduler promises an order for each kind; between kinds it is a hash's. A schedule must
    /// not depend on that.
    func stableByKind(_ table: SessionTable) -> [Event] {
        enumerated().sorted { left, right in
            let names = (
                table[left.element.session]?.kind.name ?? "",
                table[right.element.session]?.kind.name ?? ""
            )
            return names.0 == names.1 ? left.offset < right.offset : names.0 < names.1
        }.map(\.element)
    }
}
