internal import Model

extension Caller {
    /// Throws `forbidden` unless the caller has one of the scopes.
    func check(_ access: RouteAccess) throws(RepriseError) {
        guard case .anyOf(let wanted) = access, scopes.isDisjoint(with: wanted) else { return }
        throw Caller.refusal(name, wanted, "This needs a token with the scope")
    }

    /// The same for one operation: whether a session's owner speaks or a run is told by its token,
    /// wherever in the request that stands.
    func check(_ operation: Operation) throws(RepriseError) {
        guard scopes.isDisjoint(with: operation.scopes) else { return }
        let says =
            operation.isUnderARun
            ? "Writing under a run's token needs the scope"
            : operation.scopes == [.produce]
                ? "Writing as the session's owner, without a run's token, needs the scope"
                : "This needs a token with the scope"
        throw Caller.refusal(name, operation.scopes, says)
    }

    private static func refusal(
        _ name: String, _ wanted: Set<Scope>, _ says: String
    ) -> RepriseError {
        let names = wanted.map(\.rawValue).sorted().joined(separator: " or ")
        return RepriseError(.forbidden, "\(says) \(names); the token \"\(name)\" has not got it.")
    }
}

extension Operation {
    /// Who may: one of these.
    var scopes: Set<Scope> {
        switch self {
        case .open, .close: [.produce]
        case .append, .replace, .extend, .complete: isUnderARun ? [.handle] : [.produce]
        case .get: [.produce, .handle, .operate, .read]
        case .requeue, .cancel, .park: [.operate]
        }
    }

    /// Whether it carries a run's token.
    var isUnderARun: Bool {
        switch self {
        case .append(_, _, let token, _), .replace(_, _, let token, _), .extend(_, _, let token),
            .complete(_, let token, _):
            token != .none
        case .open, .close, .get, .requeue, .cancel, .park: false
        }
    }

    /// For the log: the route that does the same.
    var name: String {
        switch self {
        case .open: "open"
        case .append: "append"
        case .replace: "replace"
        case .extend: "extend"
        case .complete: "complete"
        case .close: "close"
        case .get: "get"
        case .requeue: "requeue"
        case .cancel: "cancel"
        case .park: "park"
        }
    }
}
