internal import Model
internal import Sessions

/// The order of hand-out, seen from outside: what a scheduler proposes is held against the table as
/// it was when it was asked.
struct HandOutCheck {
    let table: SessionTable
    /// Sessions whose proposals are on their way to the log.
    let outstanding: Set<SessionID>
    let allowance: Milliseconds
    let policies: [Kind: KindPolicy]

    private struct Key: Comparable {
        var wake: Timestamp
        var order: UInt64

        static func < (left: Key, right: Key) -> Bool {
            left.wake == right.wake ? left.order < right.order : left.wake < right.wake
        }
    }

    /// Tells how many claims went to fresh work beside a backlog.
    @discardableResult
    func run(_ events: [Event], now: Timestamp, _ findings: Findings) -> Int {
        var claims: [Kind: [Session]] = [:]
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
                claims[session.kind, default: []].append(session)
            }
        }
        // What is proposed otherwise, or was before, is nobody's turn.
        let claimed = Set(claims.values.joined().map(\.id))
        let proposed = Set(events.map(\.session)).union(outstanding).subtracting(claimed)
        var fresh = 0
        for (kind, claims) in claims {
            let due = table.sessions.values.filter { session in
                session.kind == kind && !proposed.contains(session.id)
                    && (claimed.contains(session.id)
                        || (key(session)?.wake ?? .distantFuture) <= now)
            }
            fresh += check(
                claims, of: due, policies[kind]?.backlog ?? BacklogPolicy(), now, findings)
        }
        return fresh
    }

    /// Each is the oldest that is left; or, beside a backlog and within the share, the newest.
    private func check(
        _ claims: [Session], of due: [Session], _ backlog: BacklogPolicy, _ now: Timestamp,
        _ findings: Findings
    ) -> Int {
        var left = due.compactMap { session in key(session).map { ($0, session.id) } }
            .sorted { $0.0 < $1.0 }[...]
        var fresh = 0
        for claim in claims {
            guard let oldest = left.first, let newest = left.last else { break }
            if oldest.1 == claim.id {
                left.removeFirst()
                continue
            }
            findings.require(
                newest.1 == claim.id && now - oldest.0.wake > backlog.after
                    && now - newest.0.wake <= backlog.after, .orderOfHandOut,
                "\(oldest.1), due \(oldest.0.wake.short), order \(oldest.0.order), is passed over "
                    + "by \(claim.id)")
            left.removeAll { $0.1 == claim.id }
            fresh += 1
        }
        // One more, which the steps before have left owing.
        let most = Int(backlog.freshShare * Double(claims.count)) + 1
        findings.require(
            fresh <= most, .orderOfHandOut,
            "\(fresh) of \(claims.count) claims went to fresh work; \(most) may")
        return fresh
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
