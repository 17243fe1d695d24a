internal import Journal
internal import Model
internal import Sessions

/// A run's writes to its session, where the journal is the session's log.
struct JournalRunControl: RunControl {
    let journal: Journal
    let runs: Runs

    func append(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError) {
        _ = try await journal.append(id, record: record, token: token)
        renewed(id, token)
    }

    func replace(_ id: SessionID, record: [UInt8], token: Position) async throws(RepriseError) {
        _ = try await journal.replace(id, record: record, token: token)
        renewed(id, token)
    }

    func extend(
        _ id: SessionID, by duration: Milliseconds?, token: Position
    ) async throws(RepriseError) {
        _ = try await journal.extend(id, by: duration, token: token)
        renewed(id, token)
    }

    private func renewed(_ id: SessionID, _ token: Position) {
        guard let run = journal.session(id)?.run, run.token == token else { return }
        runs.extend(id, token: token, deadline: run.deadline)
    }
}
