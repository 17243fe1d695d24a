internal import Journal
internal import Logging
public import Model
internal import Platform
internal import Recovery
public import Sessions

/// A dead letter that is to go back to its handler.
public struct Requeueing: Sendable, Hashable {
    /// As it was read.
    public var letter: Session
    /// Due so long from now.
    public var after: Milliseconds
    /// Instead of those that it has; nil leaves them.
    public var records: [[UInt8]]?

    /// Due at once, unless it is told otherwise.
    public init(letter: Session, after: Milliseconds = 0, records: [[UInt8]]? = nil) {
        self.letter = letter
        self.after = after
        self.records = records
    }

    /// The order as it goes into the log, with the whole session in it. Throws `tooLarge` for records
    /// beyond the limits.
    func order(
        now: Timestamp, _ limits: Limits, atLeast least: Milliseconds = 0
    ) throws(RepriseError) -> Event.Requeue {
        var snapshot = letter.snapshot
        if let records {
            for record in records { try limits.check(record: record) }
            guard records.count <= limits.maxRecords else {
                throw RepriseError(
                    .tooLarge,
                    "There are \(records.count) records; the limit is \(limits.maxRecords).")
            }
            snapshot.records = records
            let bytes = Session.bytes(records: records, headers: letter.headers)
            try limits.check(sessionBytes: bytes)
        }
        return Event.Requeue(
            due: min(now + max(least, after), limits.maxDue), time: now, snapshot: snapshot)
    }
}

extension GroupInspection {
    /// Parked sessions in the dead-letter topic, in the order of ids; reads all of it.
    ///
    /// - Throws: `kafkaUnreachable`, `kafkaTimeout`, `topicMissing`.
    public func deadLetters() async throws(RepriseError) -> [Session] {
        try await view.deadLetters().values.sorted { $0.id < $1.id }
    }

    /// Sends dead letters back to their partitions, edited or as they are, with all their attempts
    /// again; they are due in 2 seconds at the earliest. Kafka has the orders when the call returns.
    /// Gives for each why it failed, or nil.
    public func requeue(_ requeueings: [Requeueing], now: Timestamp) async -> [RepriseError?] {
        // The caller's time may be old by now: it has read the topics since.
        let now = max(now, SystemTime().now())
        var results = [RepriseError?](repeating: nil, count: requeueings.count)
        var places: [Int] = []
        var events: [Event] = []
        for (place, requeueing) in requeueings.enumerated() {
            do throws(RepriseError) {
                events.append(
                    Event(
                        session: requeueing.letter.id, partition: requeueing.letter.partition,
                        body: .requeued(
                            try requeueing.order(
                                now: now, limits, atLeast: GroupInspection.removalTime))))
                places.append(place)
            } catch {
                results[place] = error
            }
        }
        do throws(RepriseError) {
            let errors = try await view.write(events)
            for (place, error) in zip(places, errors) { results[place] = error }
            let gone = zip(events, errors).filter { $0.1 == nil }.map(\.0.session)
            await take(gone, asOf: now)
        } catch {
            for place in places where results[place] == nil { results[place] = error }
        }
        return results
    }
}

extension GroupInspection {
    /// What a session that comes back waits at least, so that its dead letter is gone before it can
    /// become another one.
    static let removalTime: Milliseconds = 2_000

    /// Takes letters away whose sessions have come back as of `now`. Only afterwards: a crash in between
    /// leaves a dead letter too many, which the fold recognises if it is requeued again, and never a
    /// session too few. Where it takes too long they stay for the same reason: the session may have run
    /// and been parked again, and its new letter must not be taken for the old one.
    func take(_ ids: [SessionID], asOf now: Timestamp) async {
        do throws(RepriseError) {
            guard SystemTime().now() < now + GroupInspection.removalTime / 2 else {
                throw RepriseError(.kafkaTimeout, "Kafka took too long to take the orders.")
            }
            try await view.removeDeadLetters(
                ids, within: .milliseconds(GroupInspection.removalTime / 2))
        } catch {
            logger.report(
                .warning, error,
                "dead letters were requeued but are still listed; requeue them again, or cancel them"
            )
        }
    }
}

extension SessionOperations {
    /// Parked sessions of this node, in the order of ids: without Kafka, they are its dead letters.
    public func deadLetters() -> [Session] {
        list(limit: .max) { session in
            if case .parked = session.phase { true } else { false }
        }
    }

    /// Makes parked sessions due again, edited or as they are, with all their attempts. On disk when
    /// the call returns. Gives for each why it failed, or nil.
    public func requeue(_ requeueings: [Requeueing]) async -> [RepriseError?] {
        var results = [RepriseError?](repeating: nil, count: requeueings.count)
        await withTaskGroup(of: (Int, RepriseError?).self) { group in
            for (place, requeueing) in requeueings.enumerated() {
                group.addTask { (place, await requeue(requeueing)) }
            }
            for await (place, error) in group { results[place] = error }
        }
        return results
    }

    private func requeue(_ requeueing: Requeueing) async -> RepriseError? {
        let journal = node.journal
        do throws(RepriseError) {
            let order = try requeueing.order(now: journal.now(), journal.options.limits)
            try await journal.requeueParked(requeueing.letter.id, order)
            return nil
        } catch {
            return error
        }
    }
}
