internal import Hummingbird
internal import Model
internal import Reprise
internal import Sessions

// The routes by which operators look at a process and steer it.

extension APIRouter {
    /// `name` is what the path has in braces; `caller` the name of the token that asks.
    func operate(
        _ route: Route, _ request: Request, name: Substring?, caller: String
    ) async throws -> Response {
        switch route {
        case .status:
            return try Response(status: .ok, json: StatusBody(await operators.store.status()))
        case .history:
            return try Response(
                status: .ok,
                json: HistoryBody(operators.history.samples, interval: Sampler.interval))
        case .kinds:
            let status = await operators.store.status()
            return try Response(
                status: .ok, json: KindsBody(status.recovery.kinds, now: status.now))
        case .pauseKind, .resumeKind:
            return try await pause(route == .pauseKind, request, name, caller)
        case .partitions:
            let now = await operators.store.status().now
            return try Response(
                status: .ok,
                json: PartitionsBody(await operators.store.partitions(), now: now))
        case .reload:
            _ = try await fields(of: request, Nothing.self, [])
            guard let reloader = operators.reloader else {
                throw RepriseError(.invalidRequest, "This process was not started from settings.")
            }
            let report = try reloader.reload()
            operators.note(
                "reload the configuration", by: caller,
                about: ["changed": report.changed.joined(separator: " ")])
            return try Response(status: .ok, json: ReloadBody(report))
        default: throw Refusal(.notFound, .notFound, "There is nothing at this path.")
        }
    }

    /// A session with its records, and why it is where it is.
    func detail(_ id: Substring?) async throws -> Response {
        try await detail(try await store.get(try SessionID(checking: id ?? "")))
    }

    func detail(_ session: Session) async throws -> Response {
        var body = SessionBody(whole: session)
        let status = await operators.store.status()
        body.explanation = Explanation(
            session, kind: status.recovery.kinds.first { $0.kind == session.kind },
            role: status.role, now: status.now, allowance: status.allowance)
        return try Response(status: .ok, json: body)
    }

    private func pause(
        _ pauses: Bool, _ request: Request, _ name: Substring?, _ caller: String
    ) async throws -> Response {
        let kind = try Kind(String(name ?? ""))
        let fields = try await fields(
            of: request, PauseFields.self, pauses ? ["reason"] : [])
        let now = await operators.store.status().now
        let pause = Pause(
            since: now, by: caller, reason: fields.reason ?? "No reason was given.")
        try await operators.store.pause(kind, pauses ? pause : nil)
        operators.note(
            pauses ? "pause" : "resume", by: caller,
            about: pauses ? ["kind": kind.name, "reason": pause.reason] : ["kind": kind.name])
        let kinds = await operators.store.status().recovery.kinds
        guard let status = kinds.first(where: { $0.kind == kind }) else {
            return try Response(
                status: .ok,
                json: KindBody(KindStatus(kind: kind, policy: KindPolicy()), now: now))
        }
        return try Response(status: .ok, json: KindBody(status, now: now))
    }
}

struct PauseFields: Decodable {
    var reason: String?
}
