internal import Model
internal import Sessions

extension Operation {
    /// Carries it out. Returns the answer's status code and body.
    func run(on store: some SessionStore) async throws(RepriseError) -> Answer {
        switch self {
        case .open(let request):
            let opened = try await store.open(request)
            return Answer(status: opened.existed ? 200 : 201, body: OpenedBody(opened))
        case .append(let id, let record, let token, let acknowledgement):
            let due = try await store.append(
                id, record: record, token: token, acknowledgement: acknowledgement)
            return Answer(body: WrittenBody(id, due: due))
        case .replace(let id, let record, let token, let acknowledgement):
            let due = try await store.replace(
                id, record: record, token: token, acknowledgement: acknowledgement)
            return Answer(body: WrittenBody(id, due: due))
        case .extend(let id, let time, let token):
            let due = try await store.extend(id, by: time, token: token)
            return Answer(body: WrittenBody(id, due: due))
        case .complete(let id, let token, let relaxed):
            try await store.complete(id, token: token, relaxed: relaxed)
            return Answer(body: WrittenBody(id))
        case .close(let id, let delay):
            let due = try await store.close(id, after: delay)
            return Answer(body: WrittenBody(id, due: due))
        case .get(let id):
            return Answer(body: SessionBody(whole: try await store.get(id)))
        case .requeue(let id, let delay):
            try await store.requeue(id, after: delay)
            return Answer(status: 202, body: WrittenBody(id))
        case .cancel(let id):
            try await store.cancel(id)
            return Answer(status: 202, body: WrittenBody(id))
        case .park(let id, let reason):
            try await store.park(id, reason: reason)
            return Answer(status: 202, body: WrittenBody(id))
        }
    }
}

/// An operation's result: HTTP status code, and the body to be written as JSON.
struct Answer: Sendable, Encodable {
    var status = 200
    var body: any Encodable & Sendable

    private enum Key: CodingKey {
        case status, body
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(status, forKey: .status)
        try fields.encode(body, forKey: .body)
    }
}
