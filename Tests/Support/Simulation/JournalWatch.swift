internal import Model
internal import Sessions

/// What was ever appended to one journal, and what of it was acknowledged: a restart is held
/// against it.
struct JournalWatch {
    struct Frame {
        var kind: UInt8
        var bytes: [UInt8]
        var events: [Event]
    }

    private let name: String
    private let findings: Findings
    /// The frame with log sequence number n is at n - 1.
    private(set) var frames: [Frame] = []
    private(set) var log: LogWatch
    /// The last frame of which somebody was told that it is durable.
    private(set) var acknowledged: UInt64 = 0

    init(_ name: String, findings: Findings) {
        self.name = name
        self.findings = findings
        log = LogWatch(name, findings: findings)
    }

    mutating func appended(_ frame: Frame, at sequence: UInt64) {
        findings.require(
            sequence == UInt64(frames.count) + 1, .survivesFaults,
            "\(name): frame \(sequence) comes after \(frames.count)")
        frames.append(frame)
        fold(frame, at: sequence)
    }

    mutating func acknowledge(_ sequence: UInt64) { acknowledged = max(acknowledged, sequence) }

    private mutating func fold(_ frame: Frame, at sequence: UInt64) {
        for (index, event) in frame.events.enumerated() {
            log.apply(
                event, at: Position(sequence: sequence, index: index),
                from: Origin(writer: log.owner))
        }
    }

    /// A restart found these frames, up to `durable`; what is not there any more never was.
    mutating func replayed(
        _ found: [(sequence: UInt64, kind: UInt8, bytes: [UInt8])], durable: UInt64,
        table: SessionTable
    ) {
        findings.require(
            durable >= acknowledged, .acknowledgedIsDurable,
            "\(name): acknowledged \(acknowledged), after the restart there is \(durable)")
        guard findings.first == nil else { return }
        for frame in found {
            let kept = frame.sequence <= frames.count ? frames[Int(frame.sequence) - 1] : nil
            findings.require(
                kept?.kind == frame.kind && kept?.bytes == frame.bytes, .acknowledgedIsDurable,
                "\(name): frame \(frame.sequence) is not what was appended")
        }
        frames.removeLast(max(0, frames.count - Int(durable)))
        log = LogWatch(name, findings: findings)
        for (index, frame) in frames.enumerated() { fold(frame, at: UInt64(index) + 1) }
        compare(table, "after a restart")
    }

    func compare(_ table: SessionTable, _ when: String) {
        findings.require(
            table.hasSameSessions(as: log.table), .foldsAgree,
            "\(name) \(when): \(table.difference(from: log.table))")
        findings.require(
            table.conservationDifference == 0, .conservation,
            "\(name) \(when): off by \(table.conservationDifference)")
    }
}

extension SessionTable {
    /// Notes that drivers keep with a session do not count, nor does where a fold began.
    func hasSameSessions(as other: SessionTable) -> Bool {
        guard sessions.count == other.sessions.count else { return false }
        return sessions.allSatisfy { id, session in
            guard let twin = other.sessions[id] else { return false }
            return twin.snapshot == session.snapshot && twin.pending == session.pending
                && twin.first == session.first
        }
    }

    func difference(from other: SessionTable) -> String {
        for (id, session) in sessions {
            guard let twin = other.sessions[id] else { return "\(id) is one too many: \(session)" }
            if twin.snapshot != session.snapshot || twin.first != session.first {
                return "\(id) is \(session.snapshot) at \(session.first), should be "
                    + "\(twin.snapshot) at \(twin.first)"
            }
        }
        for id in other.sessions.keys where sessions[id] == nil {
            return "\(id) is missing: \(String(describing: other.sessions[id]))"
        }
        return "a pending order differs"
    }
}
