import Transactions

enum Inputs {
    /// Every input, for branches that exist and for one that does not.
    static let all: [CoordinatorInput] = {
        var inputs: [CoordinatorInput] = [
            .commit, .rollBack(reason: "no"), .rollBack(reason: ""),
            .giveUp(.committed, reason: "an operator"),
            .giveUp(.notCommitted, reason: "an operator"),
        ]
        for step in TransactionRecord.Step.allCases {
            inputs += [
                .written(step), .writeRefused(step, reason: "full"),
                .writeLost(step, reason: "disk"),
            ]
        }
        for number: UInt32 in [0, 1, 2, 3, 9] {
            inputs += [
                .voted(number, .prepared), .voted(number, .readOnly),
                .prepareFailed(number, reason: "no"), .onePhase(number, .committed, reason: ""),
                .onePhase(number, .notCommitted, reason: "no"),
                .onePhaseLost(number, reason: "cut"), .finished(number),
                .failed(number, reason: "down"),
                .heuristic(number, .committed, reason: "an operator"),
                .heuristic(number, .notCommitted, reason: "an operator"), .retry(number),
            ]
        }
        return inputs
    }()
}
