internal import Foundation
internal import Reprise

/// A transaction as the command shows it: the members of the HTTP API's JSON.
struct ShownTransaction: Codable, Sendable {
    struct Branch: Codable, Sendable {
        var number: UInt32
        var resource: String
        var state: String
        var heuristic: String?
        var attempts: UInt32
        var trouble: Trouble?
    }

    struct Trouble: Codable, Sendable {
        var code: String
        var message: String
    }

    var id: String
    var standing: String
    var status: String
    var timeMs: Int64?
    var reason: String?
    var branches: [Branch]

    init(_ view: TransactionView) {
        id = view.id.description
        standing = view.standing.rawValue
        status = view.status.rawValue
        timeMs = view.time?.milliseconds
        reason = view.reason.isEmpty ? nil : view.reason
        branches = view.branches.map { branch in
            Branch(
                number: branch.number, resource: branch.resource, state: branch.state.rawValue,
                heuristic: branch.heuristic.map { $0 == .committed ? "committed" : "rolledBack" },
                attempts: branch.attempts,
                trouble: branch.trouble.map { Trouble(code: $0.code.rawValue, message: $0.message) }
            )
        }
    }
}

struct ShownTransactionPage: Codable {
    var transactions: [ShownTransaction]
    var next: String?
}

/// Transactions in words.
enum TransactionText {
    static func json(_ transactions: [ShownTransaction]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let page = ShownTransactionPage(transactions: transactions)
        let data = (try? encoder.encode(page)) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    static func table(_ transactions: [ShownTransaction]) -> String {
        guard !transactions.isEmpty else { return "No unfinished transactions." }
        var rows = [["ID", "STANDING", "SINCE", "WAITS FOR", "WHY"]]
        for transaction in transactions {
            let open = transaction.branches.filter { $0.isOpen }
            let why = open.compactMap { $0.trouble?.code }.first ?? ""
            rows.append([
                transaction.id, transaction.standing, transaction.timeMs.map(when) ?? "-",
                open.isEmpty ? "-" : open.map(\.resource).joined(separator: ","), why,
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
                .joined(separator: "  ")
        }.joined(separator: "\n")
    }

    static func explanation(_ transaction: ShownTransaction) -> String {
        var lines = [
            "transaction  \(transaction.id)", "standing     \(transaction.standing)",
            "status       \(transaction.status)",
        ]
        if let time = transaction.timeMs { lines.append("written      \(when(time))") }
        if let reason = transaction.reason { lines.append("reason       \(reason)") }
        lines.append("next         \(next(transaction))")
        for branch in transaction.branches {
            var line = "  branch \(branch.number) in \(branch.resource): \(branch.state)"
            if let outcome = branch.heuristic { line += ", \(outcome)" }
            if branch.attempts > 0 { line += ", \(branch.attempts) failed tries" }
            lines.append(line)
            if let trouble = branch.trouble {
                lines.append("    \(trouble.code): \(trouble.message)")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func next(_ transaction: ShownTransaction) -> String {
        switch transaction.standing {
        case "heuristic":
            "nothing, until it is forgotten: bring the branches below into line by hand first"
        case "inDoubt":
            "the branch that decides is asked again and again; 'resolve' decides in its place"
        case "pending":
            "the branches that are left are told again and again; 'resolve' gives them up"
        default: "somebody is at it"
        }
    }

    private static func when(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601)
    }
}

extension ShownTransaction.Branch {
    /// Somebody has something to do about it.
    var isOpen: Bool { !["committed", "rolledBack", "readOnly"].contains(state) }
}
