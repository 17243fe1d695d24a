internal import Hummingbird
internal import Model
internal import Reprise

/// The routes under `/v1/transactions` that are for operators.
struct TransactionRoutes: Sendable {
    static let maxLimit = 1_000
    private static let maxReasonBytes = 1_024

    private let store: any TransactionStore
    private let maxBodyBytes: Int

    /// - Throws: `notFound` where this process has no transactions.
    init(_ store: (any TransactionStore)?, maxBodyBytes: Int) throws(RepriseError) {
        guard let store else {
            throw RepriseError(
                .notFound, "Transactions are a node's. Ask the node that coordinates them.")
        }
        self.store = store
        self.maxBodyBytes = maxBodyBytes
    }

    func respond(
        to request: Request, _ route: Route, id: Substring?
    ) async throws -> Response {
        switch route {
        case .showTransaction:
            let view = try await store.show(try TransactionID(checking: id ?? ""))
            return try Response(status: .ok, json: TransactionBody(view))
        case .resolveTransaction: return try await resolve(request, id)
        case .forgetTransaction: return try await forget(request, id)
        default: return try await list(request)
        }
    }

    private func list(_ request: Request) async throws -> Response {
        var limit = 100
        var after: TransactionCursor?
        for (name, value) in request.uri.queryParameters {
            switch name {
            case "limit":
                guard let number = Int(value), (1...Self.maxLimit).contains(number) else {
                    throw RepriseError(.invalidRequest, "limit is 1 to \(Self.maxLimit).")
                }
                limit = number
            case "after":
                after = TransactionCursor(text: value)
                guard after != nil else {
                    throw RepriseError(.invalidRequest, "after is the next of the page before.")
                }
            default:
                throw RepriseError(
                    .invalidRequest,
                    "There is no parameter \"\(name.prefix(64))\"; limit and after there are.")
            }
        }
        let page = try await store.page(limit: limit, after: after)
        return try Response(status: .ok, json: TransactionPageBody(page))
    }

    private func resolve(_ request: Request, _ id: Substring?) async throws -> Response {
        let id = try TransactionID(checking: id ?? "")
        let fields = try await read(ResolveFields.self, ["outcome", "reason"], request)
        guard let outcome = fields.outcome.flatMap({ BranchOutcome(wireName: $0) }) else {
            throw RepriseError(
                .invalidRequest, "Say how it ended: outcome, committed or rolledBack.")
        }
        guard let reason = fields.reason, !reason.isEmpty,
            reason.utf8.count <= Self.maxReasonBytes
        else {
            throw RepriseError(
                .invalidRequest,
                "Say why, in 1 to \(Self.maxReasonBytes) bytes: reason. It stays on record.")
        }
        try await store.resolve(id, outcome, reason: reason)
        return try Response(status: .ok, json: TransactionIDBody(id: id.description))
    }

    private func forget(_ request: Request, _ id: Substring?) async throws -> Response {
        let id = try TransactionID(checking: id ?? "")
        let fields = try await read(ForgetFields.self, ["unchecked"], request)
        try await store.forget(id, unchecked: fields.unchecked ?? false)
        return try Response(status: .ok, json: TransactionIDBody(id: id.description))
    }

    private func read<Fields: Decodable>(
        _ type: Fields.Type, _ names: Set<String>, _ request: Request
    ) async throws -> Fields {
        let text = try await RequestReader.json(of: request, limit: maxBodyBytes)
        let bytes = text.isEmpty ? Array("{}".utf8) : text
        return try WireJSON.decode(Given<Fields>.self, from: bytes).only(names)
    }
}

extension TransactionID {
    init(checking text: some StringProtocol) throws(RepriseError) {
        guard let id = TransactionID(text: text) else {
            throw RepriseError(
                .invalidRequest,
                "A transaction's id is a UUID of 36 characters, such as "
                    + "0198c0de-0000-7000-8000-000000000001.")
        }
        self = id
    }
}
