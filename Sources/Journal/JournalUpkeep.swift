package import Model
internal import Sessions
internal import Synchronization
internal import Transactions
internal import WAL

// What keeps the journal small: finished sessions' frames go, long-lived sessions are written again
// at the tail, sessions that the recovery group has are forgotten.

extension Journal {
    /// Events that go into one frame at most.
    private static let maxEvents = 1_024
    /// Used segments below which nothing is carried forward: fewer in a journal that has few, so
    /// that one old session never keeps it full.
    private var quietSegments: Int {
        let bound = options.log.maxBytes / options.log.segmentBytes
        return max(1, min(4, bound - options.log.spareSegments - 1))
    }
    /// Sessions carried forward in one call.
    private static let carriedAtOnce = 512

    /// One round of upkeep; call it about once a second. Not durable when it returns, nor needs to be.
    package func keepUp() throws(RepriseError) {
        // First, and whatever becomes of the rest: on a full disk nothing else makes room.
        retire()
        try handOver()
        try carryForward()
    }

    private func handOver() throws(RepriseError) {
        guard options.isMirrored else { return }
        while true {
            let now = self.now()
            let result = withCore { core -> Result<Int, RepriseError> in
                let events = core.handOver(now: now, limit: Journal.maxEvents)
                guard !events.isEmpty else { return .success(0) }
                do throws(RepriseError) {
                    _ = try appendBatch(events, to: &core, use: .reserve)
                    return .success(events.count)
                } catch {
                    return .failure(error)
                }
            }
            if try result.get() < Journal.maxEvents { return }
        }
    }

    /// Where less than half of the used space is alive, the oldest sessions are written again, so
    /// that the oldest segment can go. The log stays below twice what is alive and a few segments.
    private func carryForward() throws(RepriseError) {
        let space = log.space
        let used = space.segments * options.log.segmentBytes
        guard space.segments > quietSegments else { return }
        let result = withCore { core -> Result<Void, RepriseError> in
            guard core.liveBytes < used / 2 else { return .success(()) }
            do throws(RepriseError) {
                for record in core.transactions.carry(Journal.carriedAtOnce) {
                    _ = try append(record, to: &core, use: .reserve, isLazy: true)
                }
                // One frame each: a session may be as large as a frame.
                var events = core.carry(Journal.carriedAtOnce)[...]
                while let event = events.first {
                    do throws(RepriseError) {
                        _ = try appendBatch([event], to: &core, use: .reserve)
                    } catch {
                        for event in events { core.carryFailed(event) }
                        throw error
                    }
                    events.removeFirst()
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Retires what the last round found to be unneeded, once everything written by then (carried
    /// copies among it) is durable: an original goes only after its copy has come.
    private func retire() {
        let durable = log.durable
        let mirrored = options.isMirrored
        let now = withCore { core -> PendingRetirement? in
            let appended = log.appended
            guard let alive = core.lowWater(next: appended.rawValue + 1) else { return nil }
            let needed = mirrored ? min(alive, core.acknowledged.sequence + 1) : alive
            return PendingRetirement(before: LSN(needed), after: appended)
        }
        guard let now else { return }
        let ready = pendingRetirement.withLock { pending -> PendingRetirement? in
            guard let last = pending, last.after <= durable else {
                if pending == nil { pending = now }
                return nil
            }
            pending = now
            return last
        }
        if let ready { log.retire(before: ready.before) }
    }
}

/// Frames before `before` may go once `after` is durable.
struct PendingRetirement: Sendable {
    var before: LSN
    var after: LSN
}
