internal import Foundation
internal import Model
internal import Sessions

// Sessions as the API writes them. Times are milliseconds since 1970, tokens are strings (64 bits are
// more than a JSON number holds everywhere), records are base64, and what is nil is left out.

struct OpenedBody: Encodable {
    var id: String
    var kind: String
    var existed: Bool
    var phase: String
    var dueMs: Int64?

    init(_ opened: OpenedSession) {
        id = opened.session.id.description
        kind = opened.session.kind.name
        existed = opened.existed
        phase = PhaseName(opened.session.phase).rawValue
        dueMs = opened.session.due?.milliseconds
    }
}

struct WrittenBody: Encodable {
    var id: String
    var dueMs: Int64?

    init(_ id: SessionID, due: Timestamp? = nil) {
        self.id = id.description
        dueMs = due?.milliseconds
    }
}

struct SessionBody: Encodable {
    var id: String
    var kind: String
    var phase: String
    var createdMs: Int64
    var dueMs: Int64?
    var attempts: UInt32
    var recordCount: Int
    var bytes: Int
    var partition: UInt32
    var version: UInt32
    var run: RunInProgress?
    var parked: Parked?
    var headers: [HeaderFields]?
    var records: [Data]?
    /// Of the records, where they are UTF-8.
    var texts: [String?]?
    var history: [EarlierAttempt]?
    var explanation: Explanation?

    struct RunInProgress: Encodable {
        var attempt: UInt32
        var token: String
        var deadlineMs: Int64
    }

    struct Parked: Encodable {
        var reason: String
        var detail: String
        var timeMs: Int64
    }

    struct EarlierAttempt: Encodable {
        var attempt: UInt32
        var timeMs: Int64
        var counted: Bool
        var reason: String
    }

    init(whole session: Session) {
        self.init(summary: session)
        headers = session.headers.map { HeaderFields($0) }
        records = session.records.map { Data($0) }
        texts = session.records.map { String(validating: $0, as: UTF8.self) }
        history = session.history.map {
            EarlierAttempt(
                attempt: $0.number, timeMs: $0.time.milliseconds, counted: $0.counted,
                reason: $0.reason)
        }
    }

    /// Without records, headers and history.
    init(summary session: Session) {
        id = session.id.description
        kind = session.kind.name
        phase = PhaseName(session.phase).rawValue
        createdMs = session.created.milliseconds
        dueMs = session.due?.milliseconds
        attempts = session.attempts
        recordCount = session.records.count
        bytes = session.bytes
        partition = session.partition
        version = session.version
        run = session.run.map {
            RunInProgress(
                attempt: $0.attempt, token: $0.token.description,
                deadlineMs: $0.deadline.milliseconds)
        }
        if case .parked(let parking) = session.phase {
            parked = Parked(
                reason: parking.reason.rawValue, detail: parking.detail,
                timeMs: parking.time.milliseconds)
        }
    }
}

struct PageBody: Encodable {
    var sessions: [SessionBody]
    var next: String?

    init(_ page: SessionPage) {
        sessions = page.sessions.map { SessionBody(summary: $0) }
        next = page.next?.description
    }
}
