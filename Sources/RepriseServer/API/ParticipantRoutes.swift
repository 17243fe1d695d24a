internal import Hummingbird
internal import Model
internal import Reprise

/// The routes by which the processes of one transaction deal with each other: a coordinator with its
/// participants, and a participant that asks its coordinator. Every one can be repeated.
struct ParticipantRoutes: Sendable {
    private let manager: TransactionManager
    private let maxBodyBytes: Int

    /// - Throws: `notFound` where this process has no transactions.
    init(_ manager: TransactionManager?, maxBodyBytes: Int) throws(RepriseError) {
        guard let manager else {
            throw RepriseError(
                .notFound, "This process takes part in no transactions. Ask the node that does.")
        }
        self.manager = manager
        self.maxBodyBytes = maxBodyBytes
    }

    func respond(to request: Request, _ route: Route) async throws -> Response {
        let text = try await RequestReader.json(of: request, limit: maxBodyBytes)
        let names: Set<String> =
            switch route {
            case .listParts: ["after"]
            case .preparePart, .commitPartInOnePhase: ["branch", "part"]
            case .commitPart: ["branch", "part", "journal"]
            default: ["branch"]
            }
        let fields = try WireJSON.decode(
            Given<PartFields>.self, from: text.isEmpty ? Array("{}".utf8) : text
        ).only(names)
        if route == .listParts { return try list(fields) }
        do {
            return try Response(status: .ok, json: try await carryOut(route, fields))
        } catch let error as ResourceError {
            return try Response(ParticipantRoutes.refusal(error))
        }
    }

    private func carryOut(_ route: Route, _ fields: PartFields) async throws -> PartBody {
        let branch = try fields.checkedBranch()
        let participants = manager.participants
        var body = PartBody(branch: branch.description)
        switch route {
        case .preparePart:
            let answer = try await participants.prepare(branch, part: try fields.checkedPart())
            body.vote = answer.vote == .prepared ? "prepared" : "readOnly"
            body.part = answer.part?.transaction.description
            body.journal = (answer.part?.journal).map(JournalName.text)
        case .commitPartInOnePhase:
            try await participants.commitOnePhase(branch, part: try fields.checkedPart())
        case .commitPart:
            try await participants.commit(branch, part: try fields.checkedRemotePart())
        case .rollBackPart: try await participants.rollBack(branch)
        case .endPart: await participants.end(branch)
        default: body.answer = try await manager.answer(about: branch).rawValue
        }
        return body
    }

    private func list(_ fields: PartFields) throws -> Response {
        let after = fields.after ?? ""
        guard after.isEmpty || Xid(text: after) != nil else {
            throw RepriseError(.invalidRequest, "after is the last branch of the page before.")
        }
        let branches = manager.participants.prepared(after: after).map(\.description)
        return try Response(status: .ok, json: PartListBody(branches: branches))
    }

    /// The coordinator must hear which outcome an operator gave.
    private static func refusal(_ error: ResourceError) throws(RepriseError) -> Refusal {
        switch error {
        case .rolledBack(let reason): return Refusal(RepriseError(.transactionRolledBack, reason))
        case .heuristic(let outcome, let reason):
            var refusal = Refusal(RepriseError(.transactionHeuristic, reason))
            refusal.outcome = outcome.wireName
            return refusal
        }
    }
}

struct PartFields: Decodable {
    var branch: String?
    var part: String?
    var journal: String?
    var after: String?

    func checkedBranch() throws(RepriseError) -> Xid {
        guard let branch = branch.flatMap({ Xid(text: $0) }), branch.own != nil else {
            throw RepriseError(
                .invalidRequest,
                "branch names a branch of a transaction, as the header of its requests does.")
        }
        return branch
    }

    func checkedPart() throws(RepriseError) -> TransactionID? {
        guard let part else { return nil }
        return try TransactionID(checking: part)
    }

    /// Of a decision: nil where neither is given.
    func checkedRemotePart() throws(RepriseError) -> RemotePart? {
        let transaction = try checkedPart()
        if journal == nil, transaction == nil { return nil }
        guard let identity = journal.flatMap(JournalName.read), let transaction else {
            throw RepriseError(
                .invalidRequest,
                "journal and part belong together: 16 hexadecimal digits and an id, as the answer to "
                    + "prepare had them.")
        }
        return RemotePart(journal: identity, transaction: transaction)
    }
}

/// The branch shows that it was this API that answered.
struct PartBody: Encodable {
    var branch: String
    var vote: String?
    var part: String?
    var journal: String?
    var answer: String?
}

struct PartListBody: Encodable {
    var branches: [String]
}
