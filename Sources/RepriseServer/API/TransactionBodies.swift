internal import Model
internal import Reprise

// Transactions as the API writes them; see `SessionBodies`.

struct TransactionBody: Encodable {
    var id: String
    var standing: String
    var status: String
    var timeMs: Int64?
    var reason: String?
    var branches: [Branch]

    struct Branch: Encodable {
        var number: UInt32
        var resource: String
        var state: String
        var heuristic: String?
        var attempts: UInt32
        var trouble: Trouble?
    }

    struct Trouble: Encodable {
        var code: String
        var message: String
    }

    init(_ view: TransactionView) {
        id = view.id.description
        standing = view.standing.rawValue
        status = view.status.rawValue
        timeMs = view.time?.milliseconds
        reason = view.reason.isEmpty ? nil : view.reason
        branches = view.branches.map { branch in
            Branch(
                number: branch.number, resource: branch.resource, state: branch.state.rawValue,
                heuristic: branch.heuristic?.wireName, attempts: branch.attempts,
                trouble: branch.trouble.map { Trouble(code: $0.code.rawValue, message: $0.message) }
            )
        }
    }
}

struct TransactionPageBody: Encodable {
    var transactions: [TransactionBody]
    var next: String?

    init(_ page: TransactionPage) {
        transactions = page.transactions.map { TransactionBody($0) }
        next = page.next?.description
    }
}

struct TransactionIDBody: Encodable {
    var id: String
}

struct ResolveFields: Decodable {
    var outcome: String?
    var reason: String?
}

struct ForgetFields: Decodable {
    var unchecked: Bool?
}

extension BranchOutcome {
    /// As outcome events have it.
    var wireName: String { self == .committed ? "committed" : "rolledBack" }

    init?(wireName: String) {
        switch wireName {
        case "committed": self = .committed
        case "rolledBack": self = .notCommitted
        default: return nil
        }
    }
}
