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

    /// `text` is the request's body; an empty one stands for an object without fields.
    func read(_ route: Route, _ text: [UInt8]) throws(RepriseError) -> Operation {
        let text = text.isEmpty ? Array("{}".utf8)[...] : text[...]
        let given = try WireJSON.decode(Given<RequestFields>.self, from: text)
        return try read(route, try given.only(route.fields), in: text)
    }

    /// `text` is an element of a batch, which says itself what is to be done.
    func read(_ text: ArraySlice<UInt8>) throws(RepriseError) -> Operation {
        let given = try WireJSON.decode(Given<RequestFields>.self, from: text)
        guard let name = given.value.operation else {
            throw RepriseError(.invalidRequest, "Say what to do: operation.")
        }
        guard let route = Route(rawValue: name) else {
            throw RepriseError(.invalidRequest, "There is no operation \"\(name.prefix(64))\".")
        }
        let fields = try given.only(route.fields.union(["operation", "id"]))
        return try read(route, fields, in: text)
    }

    private func read(
        _ route: Route, _ fields: RequestFields, in text: ArraySlice<UInt8>
    ) throws(RepriseError) -> Operation {
        switch route {
        case .open: return .open(try readOpen(fields, in: text))
        case .append, .replace:
            let id = try session(fields)
            guard let record = try fields.record(in: text) else {
                throw RepriseError(
                    .invalidRequest, "Send the record as record, recordText or recordJSON.")
            }
            let token = try token(fields)
            let acknowledgement = fields.acknowledgement?.value
            return route == .append
                ? .append(id, record: record, token: token, acknowledgement: acknowledgement)
                : .replace(id, record: record, token: token, acknowledgement: acknowledgement)
        case .extend:
            return .extend(
                try session(fields), by: fields.byMs?.milliseconds, token: try token(fields))
        case .complete:
            return .complete(
                try session(fields), token: try token(fields),
                relaxed: fields.relaxed ?? false)
        case .close: return .close(try session(fields), after: fields.afterMs?.milliseconds)
        case .get: return .get(try session(fields))
        case .requeue:
            return .requeue(
                try session(fields), after: fields.afterMs?.milliseconds ?? 0)
        case .cancel: return .cancel(try session(fields))
        case .park:
            return .park(
                try session(fields), reason: fields.reason ?? "Parked by an operator.")
        case .list, .batch, .live, .ready, .metrics, .status, .history, .kinds, .pauseKind,
            .resumeKind, .partitions, .reload, .deadLetters, .deadLetter, .requeueDeadLetter,
            .cancelDeadLetter,
            .requeueDeadLetters, .requeueBatches, .requeueBatch, .cancelBatch,
            .listTransactions, .showTransaction, .resolveTransaction, .forgetTransaction,
            .preparePart, .commitPartInOnePhase, .commitPart, .rollBackPart, .endPart, .listParts,
            .askDecision:
            throw RepriseError(.invalidRequest, "\(route.rawValue) is not an operation.")
        }
    }

    private func readOpen(
        _ fields: RequestFields, in text: ArraySlice<UInt8>
    ) throws(RepriseError) -> OpenRequest {
        guard let name = fields.kind else {
            throw RepriseError(.invalidRequest, "Say which kind of session to open: kind.")
        }
        var request = OpenRequest(kind: try Kind(name), record: try fields.record(in: text))
        if let id = fields.id { request.id = try SessionID(checking: id) }
        for given in fields.headers ?? [] {
            let header = try given.only(["name", "value"])
            request.headers.append(Header(header.name, header.value))
        }
        for header in trace where !request.headers.contains(where: { $0.name == header.name }) {
            request.headers.append(header)
        }
        request.lease = fields.leaseMs?.milliseconds
        request.acknowledgement = fields.acknowledgement?.value
        return request
    }

    private func session(_ fields: RequestFields) throws(RepriseError) -> SessionID {
        if let id { return id }
        guard let id = fields.id else {
            throw RepriseError(.invalidRequest, "Say which session: id.")
        }
        return try SessionID(checking: id)
    }

    private func token(_ fields: RequestFields) throws(RepriseError) -> Position {
        guard let text = fields.token else { return token ?? .none }
        let field = try Position(checkingToken: text)
        if let token, field != token {
            throw RepriseError(
                .invalidRequest, "The header Reprise-Token and the field token differ.")
        }
        return field
    }
}
