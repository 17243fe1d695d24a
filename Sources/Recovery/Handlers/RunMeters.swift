package import Model
package import Sessions
internal import Synchronization

/// What recovery in this process has done, by kind. Kinds are those with a handler here.
package final class RunMeters: Sendable {
    private struct RunKey: Hashable {
        var session: SessionID
        var token: Position
    }

    private struct State {
        var kinds: [Kind: RunCounts] = [:]
        var parked: [ErrorCode: UInt64] = [:]
        var errors: [ErrorCode: UInt64] = [:]
        var begun: [RunKey: UInt64] = [:]
    }

    private let state: Mutex<State>
    private let monotonic: @Sendable () -> UInt64

    package init(kinds: some Sequence<Kind>, monotonic: @escaping @Sendable () -> UInt64) {
        var state = State()
        for kind in kinds { state.kinds[kind] = RunCounts() }
        self.state = Mutex(state)
        self.monotonic = monotonic
    }

    /// Counts for these kinds as well from now on.
    package func add(_ kinds: some Sequence<Kind>) {
        state.withLock { state in
            for kind in kinds where state.kinds[kind] == nil { state.kinds[kind] = RunCounts() }
        }
    }

    /// `late` is from the moment at which the claim could be made.
    package func started(_ session: Session, _ run: Run, late: Milliseconds?) {
        let now = monotonic()
        let key = RunKey(session: session.id, token: run.token)
        state.withLock { state in
            state.begun[key] = now
            state.kinds[session.kind]?.started += 1
            if let late {
                state.kinds[session.kind]?.lateness.record(Double(max(0, late)) / 1_000)
            }
        }
    }

    package func ended(_ session: Session, _ run: Run, _ name: String) {
        let now = monotonic()
        let key = RunKey(session: session.id, token: run.token)
        state.withLock { state in
            state.kinds[session.kind]?.ended[name, default: 0] += 1
            guard let begun = state.begun.removeValue(forKey: key) else { return }
            state.kinds[session.kind]?.duration.record(Double(now &- begun) / 1e9)
        }
    }

    package func expired(_ kind: Kind) {
        state.withLock { $0.kinds[kind]?.expired += 1 }
    }

    package func parked(_ reason: ErrorCode) {
        state.withLock { $0.parked[reason, default: 0] += 1 }
    }

    package func failed(_ code: ErrorCode) {
        state.withLock { $0.errors[code, default: 0] += 1 }
    }

    package var counts: [Kind: RunCounts] { state.withLock { $0.kinds } }
    package var parked: [ErrorCode: UInt64] { state.withLock { $0.parked } }
    package var errors: [ErrorCode: UInt64] { state.withLock { $0.errors } }
}

/// What a claim found when it was made: kept until the claim is read back.
struct ClaimNotes: Sendable {
    struct Note: Sendable {
        var due: Timestamp
        var endsRun: Bool
    }

    private var notes: [SessionID: Note] = [:]
    private static let most = 65_536

    /// Notes what `events`, made at this state of the table, take their sessions from. Gives the
    /// kinds of the runs that parkings end.
    mutating func note(
        _ events: [Event], in table: SessionTable, allowance: Milliseconds
    ) -> [Kind] {
        var ended: [Kind] = []
        for event in events {
            guard let session = table[event.session] else { continue }
            switch event.body {
            case .claimed:
                // Notes of claims that came to nothing are not worth keeping.
                if notes.count >= ClaimNotes.most { notes.removeAll() }
                guard let due = session.wake(allowance: allowance) else { continue }
                notes[event.session] = Note(due: due, endsRun: session.run != nil)
            case .parked, .retried:
                if session.run != nil { ended.append(session.kind) }
            default: break
            }
        }
        return ended
    }

    mutating func take(_ id: SessionID) -> Note? { notes.removeValue(forKey: id) }
}
