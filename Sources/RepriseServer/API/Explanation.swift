internal import Foundation
internal import Model
internal import Reprise
internal import Sessions

/// Why a session is where it is, and what happens next: a sentence each, for people. A pure function
/// of what is known here; the log decides, as ever.
struct Explanation: Encodable, Hashable {
    var why: String
    var next: String

    /// `kind` is nil where nothing is known of its kind. `role` tells who hands the session out, and
    /// `allowance` what a worker waits beyond a time that another machine's clock set.
    init(
        _ session: Session, kind: KindStatus?, role: ProcessStatus.Role, now: Timestamp,
        allowance: Milliseconds = 0
    ) {
        let hand = HandOut(session, kind: kind, role: role, now: now)
        switch session.phase {
        case .open(let lease) where now < lease:
            why = "Its writer has it: the lease runs until \(lease.text)."
            next = "If it is neither completed nor renewed by then, recovery gets it."
        case .open(let lease) where now < lease + allowance:
            why = "Its lease ran out at \(lease.text); the clock allowance is waited for."
            next = "It is due at \((lease + allowance).text). \(hand.attempt)"
        case .open(let lease):
            (why, next) = hand.due("Its writer let the lease run out at \(lease.text)")
        case .waiting(let due) where now < due:
            why = "It waits for its due time, \(due.text)." + hand.lastReason
            next = hand.attempt
        case .waiting(let due): (why, next) = hand.due("It was due at \(due.text)")
        case .running(let run) where now < run.deadline + allowance:
            why = "Attempt \(run.attempt) is at work; its handler has until \(run.deadline.text)."
            next = hand.afterRun
        case .running(let run):
            (why, next) = hand.due(
                "Attempt \(run.attempt) brought no result by its deadline, \(run.deadline.text)")
        case .parked(let parking):
            why =
                "It was parked at \(parking.time.text): \(parking.reason.rawValue)"
                + (parking.detail.isEmpty ? "." : ": \(parking.detail)")
            next = "Nothing happens until somebody requeues or cancels it."
        }
    }
}

/// What stands between a due session and its handler.
private struct HandOut {
    let session: Session
    let kind: KindStatus?
    let role: ProcessStatus.Role
    let now: Timestamp

    init(
        _ session: Session, kind: KindStatus?, role: ProcessStatus.Role, now: Timestamp
    ) {
        self.session = session
        self.kind = kind
        self.role = role
        self.now = now
    }

    private var policy: KindPolicy { kind?.policy ?? KindPolicy() }

    var lastReason: String {
        guard let last = session.history.last else { return "" }
        return " Attempt \(last.number) ended so: \(last.reason)"
    }

    var attempt: String {
        let number = session.attempts == .max ? .max : session.attempts + 1
        let most = policy.retry.maxAttempts
        if most > 0, number > most {
            return "It is parked then: all \(most) attempts were used up."
        }
        let count = most > 0 ? "\(number) of \(most)" : "\(number)"
        return "Its handler gets it then: attempt \(count)."
    }

    var afterRun: String {
        switch session.pending {
        case .cancel: "When the run ends, the session is cancelled, as an operator asked."
        case .park: "When the run ends, the session is parked, as an operator asked."
        case .requeue(let due):
            "When the run ends without finishing it, it is due at \(due.text), as an operator asked."
        case nil:
            "The handler's answer decides; without one by the deadline it is handed out again."
        }
    }

    /// `cause` says since when it is due.
    func due(_ cause: String) -> (why: String, next: String) {
        guard role != .node else {
            return (
                "\(cause): it is the recovery group's.",
                "The worker that has partition \(session.partition) hands it out."
            )
        }
        if let pause = kind?.pause {
            return (
                "\(cause), but its kind is paused since \(pause.since.text) by \(pause.by): "
                    + pause.reason,
                "It is handed out once the kind is resumed."
            )
        }
        guard let gate = kind?.gate else {
            let aged = session.created + policy.retry.maxAge
            return (
                "\(cause), but there is no handler for its kind here.",
                policy.retry.maxAge > 0
                    ? "It waits for one, and is parked when it is too old, at \(aged.text)."
                    : "It waits for one."
            )
        }
        return due(cause, gate)
    }

    private func due(_ cause: String, _ gate: Gate) -> (why: String, next: String) {
        switch gate.breaker.state {
        case .open(let until, _) where now < until:
            return (
                "\(cause), but the breaker of its kind is open until \(until.text): its handler "
                    + "kept failing.",
                "One run is tried then, and more once that succeeds; no attempt is used up."
            )
        case .probing where gate.retryTime(now: now) == nil:
            return (
                "\(cause), but the breaker of its kind tries whether the handler is well again.",
                "It is handed out once the runs that try it succeed."
            )
        default: break
        }
        if gate.running >= gate.policy.concurrency {
            return (
                "\(cause), but there is no free place: \(gate.running) of "
                    + "\(gate.policy.concurrency) are running.",
                "The oldest gets the next place that is free."
            )
        }
        if let time = gate.retryTime(now: now), time > now {
            return (
                "\(cause), but its kind may start \(gate.policy.ratePerSecond) runs a second only.",
                "The oldest gets the next place, at \(time.text)."
            )
        }
        return ("\(cause) and is about to be handed out.", attempt)
    }
}

extension Timestamp {
    /// As in `2026-01-31T12:00:00.000Z`; beyond the year 9999 as the number that it is.
    var text: String {
        guard (0..<253_402_300_800_000).contains(milliseconds) else {
            return "\(milliseconds) ms since 1970"
        }
        // By hand, because a fraction of a second is no exact binary number.
        let second = Date(timeIntervalSince1970: Double(milliseconds / 1_000))
        let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
        return "\(second.formatted(.iso8601).dropLast()).\(fraction)Z"
    }
}
