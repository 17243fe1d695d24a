internal import Hummingbird
internal import Model
internal import Reprise
internal import Sessions

// The routes by which operators see to what was set aside.

extension APIRouter {
    func deadLetters(
        _ route: Route, _ request: Request, name: Substring?, caller: String
    ) async throws -> Response {
        switch route {
        case .deadLetters:
            let filter = try QueryReader.filter(
                of: request.uri.queryParameters, allowed: QueryReader.deadLetters)
            let letters = try await operators.store.allDeadLetters()
            let page = SessionPage(filter, now: .zero) { after, limit, matches in
                let found = letters.filter { letter in
                    (after.map { $0 < letter.id } ?? true) && matches(letter)
                }
                return Array(found.prefix(limit))
            }
            return try Response(status: .ok, json: DeadLettersBody(page))
        case .deadLetter:
            let letter = try await operators.store.deadLetter(try SessionID(checking: name ?? ""))
            return try await detail(letter)
        case .requeueDeadLetter:
            return try await requeue(try SessionID(checking: name ?? ""), request, caller)
        case .cancelDeadLetter:
            let id = try SessionID(checking: name ?? "")
            _ = try await fields(of: request, Nothing.self, [])
            try await operators.store.cancelDeadLetter(id)
            operators.note("cancel", by: caller, about: ["session": "\(id)"])
            return try Response(status: .accepted, json: WrittenBody(id))
        default: return try await batches(route, request, name: name, caller: caller)
        }
    }

    private func requeue(
        _ id: SessionID, _ request: Request, _ caller: String
    ) async throws -> Response {
        let fields = try await fields(of: request, RequeueFields.self, RequeueFields.names)
        let letter = try await operators.store.deadLetter(id)
        let requeueing = Requeueing(
            letter: letter, after: fields.afterMs?.milliseconds ?? 0,
            records: fields.records.map { $0.map { Array($0) } })
        if let error = await operators.store.requeueDeadLetters([requeueing]).first ?? nil {
            throw error
        }
        operators.note(
            fields.records == nil ? "requeue" : "edit and requeue", by: caller,
            about: ["session": "\(id)", "kind": letter.kind.name])
        return try Response(status: .accepted, json: WrittenBody(id))
    }

    private func batches(
        _ route: Route, _ request: Request, name: Substring?, caller: String
    ) async throws -> Response {
        let id = String(name ?? "")
        switch route {
        case .requeueDeadLetters:
            let order = try RequeueOrder(
                try await fields(
                    of: request, RequeueOrder.Fields.self, RequeueOrder.Fields.names))
            let batch = try operators.batches.start(
                order, by: caller, now: await operators.store.status().now)
            operators.note(
                "requeue a batch", by: caller,
                about: [
                    "batch": batch.id, "kind": order.kind?.name ?? "any",
                    "code": order.reason?.rawValue ?? "any", "limit": "\(order.limit)",
                ])
            return try Response(status: .accepted, json: RequeueBatchBody(batch))
        case .requeueBatch:
            return try Response(
                status: .ok, json: RequeueBatchBody(try operators.batches.batch(id)))
        case .cancelBatch:
            _ = try await fields(of: request, Nothing.self, [])
            let batch = try operators.batches.cancel(id)
            operators.note("cancel a batch", by: caller, about: ["batch": batch.id])
            return try Response(status: .ok, json: RequeueBatchBody(batch))
        default:
            return try Response(
                status: .ok,
                json: RequeueBatchesBody(
                    batches: operators.batches.all.map { RequeueBatchBody($0) }))
        }
    }

    /// The fields of a request's body; none where it is empty.
    func fields<Fields: Decodable>(
        of request: Request, _ type: Fields.Type, _ names: Set<String>
    ) async throws -> Fields {
        let text = try await RequestReader.json(of: request, limit: configuration.maxBodyBytes)
        let given = try WireJSON.decode(
            Given<Fields>.self, from: text.isEmpty ? Array("{}".utf8) : text)
        return try given.only(names)
    }
}

/// A body without fields.
struct Nothing: Decodable {}
