internal import Model
internal import Sessions

/// Sessions as the API writes them. Times are milliseconds since 1970, tokens are strings (64 bits
/// are more than a JSON number holds everywhere), records are base64.
enum SessionJSON {
    static func opened(_ opened: OpenedSession) -> [UInt8] {
        let session = opened.session
        return JSONWriter.object { writer in
            writer.member("id", session.id.description)
            writer.member("kind", session.kind.name)
            writer.member("existed", opened.existed)
            writer.member("phase", PhaseName(session.phase).rawValue)
            if let due = session.due { writer.member("dueMs", due.milliseconds) }
        }
    }

    static func written(_ id: SessionID, due: Timestamp?) -> [UInt8] {
        JSONWriter.object { writer in
            writer.member("id", id.description)
            if let due { writer.member("dueMs", due.milliseconds) }
        }
    }

    static func whole(_ session: Session) -> [UInt8] {
        JSONWriter.object { writer in
            writeSummary(session, to: &writer)
            writer.name("headers")
            writeHeaders(session.headers, to: &writer)
            writer.name("records")
            writer.array(session.records) { $0.base64($1) }
            writer.name("history")
            writer.array(session.history) { $0.object(attempt: $1) }
        }
    }

    /// Without records, headers and history.
    static func page(_ page: SessionPage) -> [UInt8] {
        JSONWriter.object { writer in
            writer.name("sessions")
            writer.array(page.sessions) { writer, session in
                writer.object { writeSummary(session, to: &$0) }
            }
            if let next = page.next { writer.member("next", next.description) }
        }
    }

    static func writeHeaders(_ headers: [Header], to writer: inout JSONWriter) {
        writer.array(headers) { writer, header in
            writer.object { writer in
                writer.member("name", header.name)
                writer.member("value", header.value)
            }
        }
    }

    private static func writeSummary(_ session: Session, to writer: inout JSONWriter) {
        writer.member("id", session.id.description)
        writer.member("kind", session.kind.name)
        writer.member("phase", PhaseName(session.phase).rawValue)
        writer.member("createdMs", session.created.milliseconds)
        if let due = session.due { writer.member("dueMs", due.milliseconds) }
        writer.member("attempts", session.attempts)
        writer.member("recordCount", session.records.count)
        writer.member("bytes", session.bytes)
        writer.member("partition", session.partition)
        writer.member("version", session.version)
        switch session.phase {
        case .running(let run):
            writer.name("run")
            writer.object { writer in
                writer.member("attempt", run.attempt)
                writer.member("token", run.token.description)
                writer.member("deadlineMs", run.deadline.milliseconds)
            }
        case .parked(let parking):
            writer.name("parked")
            writer.object { writer in
                writer.member("reason", parking.reason.rawValue)
                writer.member("detail", parking.detail)
                writer.member("timeMs", parking.time.milliseconds)
            }
        case .open, .waiting: break
        }
    }
}

extension JSONWriter {
    fileprivate mutating func object(attempt: Attempt) {
        object { writer in
            writer.member("attempt", attempt.number)
            writer.member("timeMs", attempt.time.milliseconds)
            writer.member("counted", attempt.counted)
            writer.member("reason", attempt.reason)
        }
    }
}
