internal import HTTPTypes

/// Every route of the API, in one list: the router is built from it, the answer to a wrong method
/// looks into it, and a test holds schemas/openapi.yaml to it.
enum Route: String, Sendable, Hashable, CaseIterable {
    case open, append, replace, extend, complete, close, get, list, requeue, cancel, park, batch
    case status, history, kinds, pauseKind, resumeKind, partitions, reload
    case deadLetters, deadLetter, requeueDeadLetter, cancelDeadLetter, requeueDeadLetters
    case requeueBatches, requeueBatch, cancelBatch
    case listTransactions, showTransaction, resolveTransaction, forgetTransaction
    case preparePart, commitPartInOnePhase, commitPart, rollBackPart, endPart, listParts
    case askDecision
    case live, ready, metrics

    var method: HTTPRequest.Method {
        switch self {
        case .get, .list, .live, .ready, .metrics: .get
        case .status, .history, .kinds, .partitions: .get
        case .deadLetters, .deadLetter, .requeueBatches, .requeueBatch: .get
        case .pauseKind, .resumeKind, .reload, .requeueDeadLetter, .cancelDeadLetter,
            .requeueDeadLetters, .cancelBatch:
            .post
        case .listTransactions, .showTransaction: .get
        case .resolveTransaction, .forgetTransaction: .post
        case .preparePart, .commitPartInOnePhase, .commitPart, .rollBackPart, .endPart, .listParts,
            .askDecision:
            .post
        case .replace: .put
        case .open, .append, .extend, .complete, .close, .requeue, .cancel, .park, .batch: .post
        }
    }

    /// The path, as the router and OpenAPI write it.
    var path: String {
        switch self {
        case .open, .list: "/v1/sessions"
        case .append, .replace: "/v1/sessions/{id}/records"
        case .get: "/v1/sessions/{id}"
        case .extend, .complete, .close, .requeue, .cancel, .park: "/v1/sessions/{id}/\(rawValue)"
        case .batch: "/v1/batch"
        case .status, .history, .kinds, .partitions: "/v1/\(rawValue)"
        case .pauseKind: "/v1/kinds/{kind}/pause"
        case .resumeKind: "/v1/kinds/{kind}/resume"
        case .reload: "/v1/configuration/reload"
        case .deadLetters: "/v1/dead-letters"
        case .deadLetter: "/v1/dead-letters/{id}"
        case .requeueDeadLetter: "/v1/dead-letters/{id}/requeue"
        case .cancelDeadLetter: "/v1/dead-letters/{id}/cancel"
        case .requeueDeadLetters: "/v1/dead-letters/requeue"
        case .requeueBatches: "/v1/batches"
        case .requeueBatch: "/v1/batches/{id}"
        case .cancelBatch: "/v1/batches/{id}/cancel"
        case .listTransactions: "/v1/transactions"
        case .showTransaction: "/v1/transactions/{id}"
        case .resolveTransaction: "/v1/transactions/{id}/resolve"
        case .forgetTransaction: "/v1/transactions/{id}/forget"
        case .preparePart: "/v1/transactions/prepare"
        case .commitPartInOnePhase: "/v1/transactions/commit-one-phase"
        case .commitPart: "/v1/transactions/commit"
        case .rollBackPart: "/v1/transactions/roll-back"
        case .endPart: "/v1/transactions/end"
        case .listParts: "/v1/transactions/prepared"
        case .askDecision: "/v1/transactions/status"
        case .live, .ready: "/health/\(rawValue)"
        case .metrics: "/metrics"
        }
    }

    /// Who may ask. Operations are looked at once more when they have been read: the owner of a
    /// session and a run need different scopes (`Operation.scopes`).
    var access: RouteAccess {
        switch self {
        case .open, .close: .anyOf([.produce])
        case .append, .replace, .extend, .complete: .anyOf([.produce, .handle])
        case .batch: .anyOf([.produce, .handle, .operate])
        case .get: .anyOf([.produce, .handle, .operate, .read])
        case .list, .metrics: .anyOf([.operate, .read])
        case .requeue, .cancel, .park, .pauseKind, .resumeKind, .reload: .anyOf([.operate])
        case .requeueDeadLetter, .cancelDeadLetter, .requeueDeadLetters, .cancelBatch,
            .resolveTransaction, .forgetTransaction:
            .anyOf([.operate])
        case .status, .history, .kinds, .partitions, .deadLetters, .deadLetter, .requeueBatches,
            .requeueBatch, .listTransactions, .showTransaction:
            .anyOf([.operate, .read])
        case .preparePart, .commitPartInOnePhase, .commitPart, .rollBackPart, .endPart, .listParts,
            .askDecision:
            .anyOf([.participate])
        case .live, .ready: .everybody
        }
    }

    /// The route that the router chose; `path` as the router writes it.
    static func chosen(_ method: HTTPRequest.Method, _ path: String?) -> Route? {
        allCases.first { $0.method == method && $0.path == path }
    }

    /// The methods that `path`, of a request, answers to; empty when no route has it.
    static func methods(of path: String) -> [HTTPRequest.Method] {
        allCases.filter { $0.matches(path) }.map(\.method)
    }

    private func matches(_ requested: String) -> Bool {
        let wanted = path.split(separator: "/")
        let given = requested.split(separator: "/")
        guard wanted.count == given.count else { return false }
        return zip(wanted, given).allSatisfy { $0.first == "{" || $0 == $1 }
    }
}
