internal import Foundation
internal import Reprise

/// Other nodes and workers: their clocks against this machine's, and their names.
struct ClockCheck {
    let configuration: RepriseConfiguration
    let peers: [NodeSource]
    let clock: @Sendable () -> Int64

    func run() async -> [Diagnosis] {
        guard !peers.isEmpty else {
            return [Diagnosis("clock", "not compared: name other nodes and workers with --peer")]
        }
        var found: [Diagnosis] = []
        for peer in peers { found.append(await look(peer)) }
        return found
    }

    private func look(_ peer: NodeSource) async -> Diagnosis {
        do {
            let before = clock()
            let body = try await peer.send(.GET, "/v1/status", waits: false)
            let after = clock()
            let status = try JSONDecoder().decode(ShownStatus.self, from: body)
            let skew = ClockSkew(theirs: status.nowMs, before: before, after: after)
            return Diagnosis(
                "clock", "\(status.node) at \(peer.url): \(skew.text)",
                findings(status, skew, peer.url))
        } catch {
            let error = error as? RepriseError ?? RepriseError(.internalDefect, "\(error)")
            let cure =
                error.code == .configuration
                ? "Name its authority in client.caFile, and in --peer a name that its certificate has."
                : "Start it, mend its address in --peer, or give it this token."
            return Diagnosis("clock", peer.url, [.fault(error.code, error.message, cure: cure)])
        }
    }

    private func findings(_ status: ShownStatus, _ skew: ClockSkew, _ url: String) -> [Finding] {
        var found: [Finding] = []
        let allowance = configuration.recovery.clockAllowance
        if skew.atLeast > allowance {
            found.append(
                .fault(
                    .clockSkew,
                    "The clock of \(status.node) is \(skew.text); \(Words.duration(allowance)) is "
                        + "allowed.",
                    cure:
                        "Turn time synchronisation on (timedatectl set-ntp true, or chrony), or "
                        + "raise recovery.clockAllowance everywhere."))
        }
        if status.node == configuration.node {
            found.append(
                .fault(
                    .configuration,
                    "\(url) bears the name of this process, \(status.node).",
                    cure: "Give each node and worker a name of its own: the setting node."))
        }
        return found
    }
}

/// How far another clock is from this one.
struct ClockSkew: Sendable, Hashable {
    /// Positive where the other is ahead; the middle of what is possible.
    var milliseconds: Int64
    /// What the way there and back leaves open, to either side.
    var uncertainty: Int64

    init(theirs: Int64, before: Int64, after: Int64) {
        let trip = max(0, after - before)
        uncertainty = trip / 2
        milliseconds = theirs - (before + uncertainty)
    }

    /// It is off by no less than this.
    var atLeast: Int64 { max(0, abs(milliseconds) - uncertainty) }

    var text: String {
        let size = Words.duration(abs(milliseconds))
        return "\(size) \(milliseconds >= 0 ? "ahead" : "behind"), give or take \(uncertainty) ms"
    }
}
