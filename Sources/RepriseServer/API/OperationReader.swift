internal import Model

/// Turns a request into an `Operation`. The same reading serves the single routes, where the id is
/// in the path and the token may be in a header, and the batch, where both are fields.
struct OperationReader {
    /// From the path; nil in a batch and for `open`.
    var id: SessionID?
    /// From the header `Reprise-Token`.
    var token: Position?
    /// From the request's own `traceparent` and `tracestate`.
    var trace: [Header] = []

    func read(_ route: Route, _ given: RequestFields) throws(RepriseError) -> Operation {
        var fields = given
        let operation = try read(route, from: &fields)
        try fields.finish()
        return operation
    }

    private func read(
        _ route: Route, from fields: inout RequestFields
    ) throws(RepriseError) -> Operation {
        switch route {
        case .open: return .open(try readOpen(&fields))
        case .append, .replace:
            let id = try session(&fields)
            let token = try token(&fields)
            let acknowledgement = try fields.choice("acknowledgement", of: Acknowledgement.self)
            guard let record = try fields.record() else {
                throw RepriseError(
                    .invalidRequest, "Send the record as record, recordText or recordJSON.")
            }
            return route == .append
                ? .append(id, record: record, token: token, acknowledgement: acknowledgement)
                : .replace(id, record: record, token: token, acknowledgement: acknowledgement)
        case .extend:
            return .extend(
                try session(&fields), by: try fields.milliseconds("byMs"),
                token: try token(&fields))
        case .complete:
            return .complete(
                try session(&fields), token: try token(&fields),
                relaxed: try fields.boolean("relaxed") ?? false)
        case .close:
            return .close(try session(&fields), after: try fields.milliseconds("afterMs"))
        case .get: return .get(try session(&fields))
        case .requeue:
            return .requeue(
                try session(&fields), after: try fields.milliseconds("afterMs") ?? 0)
        case .cancel: return .cancel(try session(&fields))
        case .park:
            return .park(
                try session(&fields),
                reason: try fields.string("reason") ?? "Parked by an operator.")
        case .list, .batch, .live, .ready, .metrics:
            throw RepriseError(.invalidRequest, "\(route.rawValue) is not an operation.")
        }
    }

    private func readOpen(_ fields: inout RequestFields) throws(RepriseError) -> OpenRequest {
        guard let name = try fields.string("kind") else {
            throw RepriseError(.invalidRequest, "Say which kind of session to open: kind.")
        }
        var request = OpenRequest(
            id: try fields.sessionID("id"), kind: try Kind(name), record: try fields.record())
        request.headers = try fields.headers()
        for header in trace where !request.headers.contains(where: { $0.name == header.name }) {
            request.headers.append(header)
        }
        request.lease = try fields.milliseconds("leaseMs")
        request.acknowledgement = try fields.choice("acknowledgement", of: Acknowledgement.self)
        return request
    }

    private func session(_ fields: inout RequestFields) throws(RepriseError) -> SessionID {
        if let id { return id }
        guard let id = try fields.sessionID("id") else {
            throw RepriseError(.invalidRequest, "Say which session: id.")
        }
        return id
    }

    private func token(_ fields: inout RequestFields) throws(RepriseError) -> Position {
        let field = try fields.token("token")
        if let field, let token, field != token {
            throw RepriseError(
                .invalidRequest, "The header Reprise-Token and the field token differ.")
        }
        return field ?? token ?? .none
    }
}
