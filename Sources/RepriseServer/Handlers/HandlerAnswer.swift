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
        case 400..<500: return (.park(reason: said ?? "The handler answered \(status)."), [])
        default:
            return (
                .failed(.handlerFailed, reason: said ?? "The handler answered \(status)."), []
            )
        }
    }

    private func success() -> (outcome: HandlerOutcome, newRecords: [[UInt8]]) {
        guard isJSON, !body.isEmpty else { return (.complete, []) }
        func unreadable(_ reason: String) -> HandlerOutcome {
            .failed(.handlerFailed, reason: "The answer cannot be read: \(reason)")
        }
        let json: JSON
        do {
            json = try JSONParser.parse(body)
        } catch {
            return (unreadable("\(error)"), [])
        }
        guard json.members != nil else { return (.complete, []) }
        do throws(RepriseError) {
            var fields = try RequestFields(json, in: body, what: "The answer")
            return try HandlerAnswer.read(&fields)
        } catch {
            return (unreadable(error.message), [])
        }
    }

    /// Fields that are none of ours are left alone: a handler may answer with more than an outcome.
    private static func read(
        _ fields: inout RequestFields
    ) throws(RepriseError) -> (outcome: HandlerOutcome, newRecords: [[UInt8]]) {
        let name = try fields.choice("outcome", of: OutcomeName.self) ?? .complete
        let after = try fields.milliseconds("afterMs")
        let reason = try fields.string("reason")
        let records = try fields.records("records")
        let outcome: HandlerOutcome =
            switch name {
            case .complete: .complete
            case .retry: .retry(after: after, reason: reason ?? "The handler asked for a retry.")
            case .park: .park(reason: reason ?? "The handler asked for it.")
            case .unavailable:
                .unavailable(after: after, reason: reason ?? "A dependency is not available.")
            }
        return (outcome, records)
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
        guard isJSON, let json = try? JSONParser.parse(body) else { return nil }
        return json["reason"]?.string
    }
}

extension RequestFields {
    /// An array of base64; absent is empty.
    mutating func records(_ name: String) throws(RepriseError) -> [[UInt8]] {
        guard let json = take(name) else { return [] }
        var records: [[UInt8]] = []
        for element in json.array ?? [json] {
            guard let text = element.string, let record = Base64.decode(text) else {
                throw RepriseError(.invalidRequest, "\(name) is not an array of base64 strings.")
            }
            records.append(record)
        }
        return records
    }
}
