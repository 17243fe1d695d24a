internal import Foundation
internal import Model

/// What came back from an HTTP handler, and what it means.
struct HandlerAnswer: Sendable, Hashable {
    var status: Int
    var contentType: String?
    var retryAfter: String?
    var body: [UInt8]

    func outcome(now: () -> Timestamp) -> (outcome: HandlerOutcome, newRecords: [[UInt8]]) {
        switch status {
        case 200..<300: return success()
        case 429, 503:
            let after = retryAfter.flatMap { RetryAfter.delay($0, now: now) }
            return (
                .unavailable(after: after, reason: said ?? "The handler answered \(status)."), []
            )
        case 300..<400:
            // Following it would send the records wherever an answer says.
            let reason = "The handler answered \(status). Set handler.url to where it moved."
            return (.failed(.handlerFailed, reason: reason), [])
        case 401:
            // The cure is a token, a secret or a clock, not another session.
            let reason =
                "The handler answered 401: it does not accept handler.tokenFile or the signature."
            return (.failed(.handlerFailed, reason: reason), [])
        case 400..<500: return (.park(reason: said ?? "The handler answered \(status)."), [])
        default:
            return (
                .failed(.handlerFailed, reason: said ?? "The handler answered \(status)."), []
            )
        }
    }

    private func success() -> (outcome: HandlerOutcome, newRecords: [[UInt8]]) {
        guard isJSON, !body.isEmpty else { return (.complete, []) }
        do {
            let fields = try JSONDecoder().decode(Fields.self, from: Data(body))
            return (fields.meaning, (fields.records ?? []).map { Array($0) })
        } catch DecodingError.typeMismatch(_, let context) where context.codingPath.isEmpty {
            // JSON, but no object: it has nothing to say about the outcome.
            return (.complete, [])
        } catch {
            let reason = WireJSON.sentence(error, reading: Data(body))
            return (.failed(.handlerFailed, reason: "The answer cannot be read: \(reason)"), [])
        }
    }

    /// Fields that are none of ours are left alone: a handler may answer with more than an outcome.
    private struct Fields: Decodable {
        var outcome: Choice<OutcomeName>?
        var afterMs: Delay?
        var reason: String?
        var records: [Data]?

        var meaning: HandlerOutcome {
            let after = afterMs?.milliseconds
            return switch outcome?.value ?? .complete {
            case .complete: .complete
            case .retry: .retry(after: after, reason: reason ?? "The handler asked for a retry.")
            case .park: .park(reason: reason ?? "The handler asked for it.")
            case .unavailable:
                .unavailable(after: after, reason: reason ?? "A dependency is not available.")
            }
        }
    }

    private enum OutcomeName: String, CaseIterable {
        case complete, retry, park, unavailable
    }

    private var isJSON: Bool {
        guard let contentType else { return false }
        return contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
            == "application/json"
    }

    /// The reason that a refusal gives in its body.
    private var said: String? {
        struct Refused: Decodable {
            var reason: String?
        }
        guard isJSON else { return nil }
        return (try? JSONDecoder().decode(Refused.self, from: Data(body)))?.reason
    }
}
