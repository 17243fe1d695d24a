internal import Coordination
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import RepriseServer
internal import Transactions

/// What a request brings to join its caller's transaction.
struct JoinHeaders {
    let transactions: [String]
    private let tokens: [String]
    let trace: [Header]

    /// Takes the token out of the request: it is nothing to the handler.
    static func take(from request: inout Request) -> JoinHeaders {
        var trace: [Header] = []
        for name in ["traceparent", "tracestate"] {
            for value in values(name, request) { trace.append(Header(name, value)) }
        }
        let found = JoinHeaders(
            transactions: values(TransactionContext.header, request),
            tokens: values(HTTPParticipant.tokenHeader, request), trace: trace)
        if let name = HTTPField.Name(HTTPParticipant.tokenHeader) {
            var head = request.head
            head.headerFields[values: name] = []
            request = Request(head: head, body: request.body)
        }
        return found
    }

    private static func values(_ name: String, _ request: Request) -> [String] {
        HTTPField.Name(name).map { request.headers[values: $0] } ?? []
    }

    /// - Throws: `unauthorized` without one of `known`; `invalidRequest`.
    func context(_ known: [AccessToken]) throws(RepriseError) -> TransactionContext {
        var isKnown = false
        // To the end of the list, so that time does not tell which one it is.
        for token in known where tokens.count == 1 && token.matches(tokens[0]) { isKnown = true }
        guard isKnown else {
            throw RepriseError(
                .unauthorized,
                "The request carries a transaction, but no token that lets it join. Send "
                    + "\(HTTPParticipant.tokenHeader).")
        }
        guard transactions.count == 1 else {
            throw RepriseError(
                .invalidRequest, "The request carries \(transactions.count) transactions.")
        }
        return try TransactionContext(transactions[0])
    }

    /// Tells the caller what is left here.
    static func name(_ part: TransactionID?, in response: Response) -> Response {
        var response = response
        if let name = HTTPField.Name(TransactionContext.partHeader) {
            response.headers[name] = part?.description ?? "none"
        }
        return response
    }
}
