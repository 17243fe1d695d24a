public import Model
package import Sessions

/// A session as a handler gets it: what was written to it, and the run that it is in.
public struct RecoverySession: Sendable {
    /// The same in every run.
    public let id: SessionID
    /// What it was opened as.
    public let kind: Kind
    /// In the order in which they were written.
    public let records: [[UInt8]]
    /// As its writer gave them when it opened the session.
    public let headers: [Header]
    /// When it was opened, by the clock of its writer's machine.
    public let created: Timestamp
    /// Counts from 1.
    public let attempt: UInt32
    /// Grows with every run of the session; pass it on to what the handler writes to, so that a
    /// late write of an earlier run can be told.
    public let token: Position
    /// After this moment the session may be handed out again. Renewed by each write.
    public let deadline: Timestamp
    /// The version of the events that the session was written with.
    public let version: UInt32
    /// The same as the log has it, for handlers that pass it on whole.
    package let source: Session
    /// The hand-out that this is.
    package let run: Run
    private let control: any RunControl

    package init(_ session: Session, run: Run, control: any RunControl) {
        id = session.id
        kind = session.kind
        records = session.records
        headers = session.headers
        created = session.created
        attempt = run.attempt
        token = run.token
        deadline = run.deadline
        version = session.version
        source = session
        self.run = run
        self.control = control
    }

    /// Adds a record: a checkpoint that the next run will see. Durable when the call returns, and
    /// the deadline is renewed.
    ///
    /// - Throws: `fenced` when the session was handed out again: stop the work. `tooLarge` beyond the
    ///   limits, `diskFull` without Kafka, `outcomeUnknown` when the partition was given up meanwhile,
    ///   `notFound` when it was given up before: the outcome still counts until the deadline.
    public func append(_ record: [UInt8]) async throws(RepriseError) {
        try await control.append(id, record: record, token: token)
    }

    /// Makes `record` the only one, so that there is room again; else as `append`.
    public func replace(_ record: [UInt8]) async throws(RepriseError) {
        try await control.replace(id, record: record, token: token)
    }

    /// Moves the deadline to `duration` from now, or to the handler's timeout from now; never to
    /// an earlier time than it has. Throws `fenced`, `invalidRequest` beyond the longest lease, and
    /// `outcomeUnknown` and `notFound` as `append`.
    public func extend(by duration: Duration? = nil) async throws(RepriseError) {
        try await control.extend(id, by: duration?.roundedUpMilliseconds, token: token)
    }
}

/// What a run writes to its session through: the journal, or the partition's log.
package protocol RunControl: Sendable {
    func append(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError)
    func replace(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError)
    func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position
    ) async throws(RepriseError)
}
