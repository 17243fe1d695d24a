/// What schedules have come upon: a simulator that meets no trouble proves nothing.
package struct Coverage: Sendable {
    package enum Milestone: String, Sendable, CaseIterable {
        case nodeKilled, nodeLostPower, journalPoisoned, diskFull, tornTail
        case journalRetired, sessionHandedOver, journalCarried
        case producerLost, messageResent, ghostLanded, sessionSkipped
        case claimed, claimIgnored, claimReleased, claimGivenBack, ranHandler, lateResult,
            resultIgnored
        case freshBesideBacklog
        case fenced, reclaimed, resumedCheckpoint, beganAtMark, trimmedUnderReader
        case carried, carriedOvertaken, committed, commitRefused, trimmed
        case deadLettered, undecodable, operatorActed
        case answeredMirrored, answeredTooLate, leaseRefused, fencedRefused
    }

    private var counts = [Int](repeating: 0, count: Milestone.allCases.count)

    package init() {}

    package subscript(milestone: Milestone) -> Int { counts[Coverage.place[milestone] ?? 0] }

    mutating func reached(_ milestone: Milestone) {
        counts[Coverage.place[milestone] ?? 0] += 1
    }

    package mutating func add(_ other: Coverage) {
        for place in counts.indices { counts[place] += other.counts[place] }
    }

    /// Nobody has been there.
    package var missing: [Milestone] { Milestone.allCases.filter { self[$0] == 0 } }

    private static let place = Dictionary(
        uniqueKeysWithValues: Milestone.allCases.enumerated().map { ($0.element, $0.offset) })
}
