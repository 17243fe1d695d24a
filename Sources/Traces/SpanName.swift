internal import Tracing

/// Every span that Reprise makes; `schemas/traces.md` is the table.
package enum SpanName: String, CaseIterable, Sendable {
    case api = "reprise.api"
    case recover = "reprise.recover"
    case handlerRequest = "reprise.handler.request"
    case transaction = "reprise.transaction"
    case commit = "reprise.commit"
    case publish = "reprise.publish"

    var kind: SpanKind {
        switch self {
        case .api: .server
        case .recover: .consumer
        case .handlerRequest: .client
        case .transaction, .commit: .internal
        case .publish: .producer
        }
    }

    /// As the table has it.
    package var kindName: String { "\(kind)" }

    /// What such a span may carry, and nothing else.
    package var attributes: [SpanKey] {
        switch self {
        case .api: [.route, .httpRoute, .method, .status]
        case .recover: [.session, .kind, .attempt, .outcome, .code]
        case .handlerRequest: [.method, .status]
        case .transaction: [.transaction, .readOnly, .branches, .outcome]
        case .commit: [.transaction, .branches, .outcome]
        case .publish: [.system, .topic, .messages, .code]
        }
    }
}

/// Names of attributes. Values are ids, names that are configured, numbers and codes; never what a
/// record or a header holds.
package enum SpanKey: String, CaseIterable, Sendable {
    case attempt = "reprise.attempt"
    case branches = "reprise.branches"
    case code = "reprise.code"
    case httpRoute = "http.route"
    case kind = "reprise.kind"
    case messages = "messaging.batch.message_count"
    case method = "http.request.method"
    case outcome = "reprise.outcome"
    case readOnly = "reprise.read_only"
    case route = "reprise.route"
    case session = "reprise.session"
    case status = "http.response.status_code"
    case system = "messaging.system"
    case topic = "messaging.destination.name"
    case transaction = "reprise.transaction"
}
