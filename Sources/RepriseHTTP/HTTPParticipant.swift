public import AsyncHTTPClient
public import Coordination
public import Model
internal import NIOCore
internal import NIOHTTP1
public import RepriseServer
internal import Transactions

/// Another process, reached over HTTP, whose work belongs to transactions of this one.
///
/// Give `resource` to `Reprise.open`, and send requests with `execute`: they carry the transaction, and
/// the other process's `TransactionMiddleware` lets their work join it. A client that follows redirects would
/// carry the transaction elsewhere: use `makeClient`, or switch them off.
public struct HTTPParticipant: Sendable {
    /// Of a joined request: the token that lets it join.
    public static let tokenHeader = "reprise-transaction-token"

    /// Where and how the other process is reached.
    public struct Configuration: Sendable {
        /// Under which recovery finds it: must stay the same.
        public var name: String
        /// Where its service answers. Only URLs at or below it are sent requests.
        public var service: String
        /// Where its node's API answers: of the process that `service` reaches. Where several processes
        /// with a journal each answer in turn, one that does not have the part refuses: then a prepare
        /// rolls back, and a commit is repeated until it comes to the right one.
        public var api: String
        /// Has the scope `participate` at its API, and joins requests at its service.
        public var token: AccessToken?
        /// The name by which the other process knows this one: in its `HTTPCoordinators`.
        public var coordinator: String
        /// For one call of the API. Default 30 s.
        public var timeout: Milliseconds = 30_000

        public init(
            name: String, service: String, api: String, token: AccessToken?, coordinator: String
        ) {
            self.name = name
            self.service = service
            self.api = api
            self.token = token
            self.coordinator = coordinator
        }
    }

    public let resource: RemoteParticipant
    private let service: BaseAddress
    private let token: AccessToken?
    private let client: HTTPClient

    /// - Throws: `configuration` for an address that is none.
    public init(_ configuration: Configuration, client: HTTPClient) throws(RepriseError) {
        guard !configuration.coordinator.isEmpty, configuration.coordinator.utf8.count <= 256,
            configuration.coordinator.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw RepriseError(
                .configuration,
                "The coordinator's name is 1 to 256 visible ASCII characters.")
        }
        service = try BaseAddress(configuration.service)
        token = configuration.token
        self.client = client
        resource = RemoteParticipant(
            name: configuration.name, coordinator: configuration.coordinator,
            link: ParticipantCalls(
                calls: VerbCalls(
                    address: try BaseAddress(configuration.api), token: configuration.token,
                    timeout: configuration.timeout, client: client)))
    }

    /// Where its service answers, without a slash at the end.
    public var serviceAddress: String { service.text }

    /// A client that follows no redirects. Whoever makes it shuts it down.
    public static func makeClient() -> HTTPClient { HTTPHandler.makeClient() }

    /// Sends `request` as a part of `transaction`: what it does is committed or rolled back with it.
    /// An answer with an error status is returned like any other; the caller decides whether to go on, but
    /// the transaction cannot be committed any more where the request may write.
    ///
    /// - Parameters:
    ///   - request: its URL is the service's or below it.
    ///   - timeout: until the answer's head is there; never longer than the transaction has left.
    /// - Throws: `invalidRequest` for another URL; what the client throws; and the errors of
    ///   `RemoteBranch.call`.
    public func execute(
        _ request: HTTPClientRequest, in transaction: Transaction,
        timeout: Milliseconds = 30_000
    ) async throws -> HTTPClientResponse {
        guard service.covers(request.url) else {
            throw RepriseError(
                .invalidRequest,
                "The request does not go to \(resource.name): its URL must begin with "
                    + "\(service.text). Nothing was sent.")
        }
        let limit = max(1, min(timeout, transaction.timeLeft))
        return try await transaction.enlist(resource).call(in: transaction) { context in
            let response = try await client.execute(
                joined(request, context, transaction), timeout: .milliseconds(limit))
            return (response, HTTPParticipant.part(response))
        }
    }

    private func joined(
        _ request: HTTPClientRequest, _ context: TransactionContext, _ transaction: Transaction
    ) -> HTTPClientRequest {
        var request = request
        request.headers.replaceOrAdd(name: TransactionContext.header, value: context.text)
        request.headers.remove(name: HTTPParticipant.tokenHeader)
        if let token {
            request.headers.add(name: HTTPParticipant.tokenHeader, value: token.headerValue)
        }
        // A trace of the request's own is not mixed with the transaction's.
        let names = ["traceparent", "tracestate"]
        guard !names.contains(where: { request.headers.contains(name: $0) }) else { return request }
        for header in transaction.headers where names.contains(header.name.lowercased()) {
            guard header.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { continue }
            request.headers.add(name: header.name, value: header.value)
        }
        return request
    }

    private static func part(_ response: HTTPClientResponse) -> RemoteBranch.Part {
        let values = response.headers[TransactionContext.partHeader]
        guard values.count == 1, let value = values.first else { return .missing }
        if value == "none" { return .none }
        return TransactionID(text: value).map { .named($0) } ?? .missing
    }
}

/// The verbs, as calls.
private struct ParticipantCalls: ParticipantLink {
    let calls: VerbCalls

    func prepare(_ xid: Xid, part: TransactionID?) async throws -> PartVote {
        let answer = try await calls.call("prepare", xid, part: part)
        switch answer.vote {
        case "prepared": return PartVote(.prepared, part: try answer.checkedPart())
        case "readOnly": return PartVote(.readOnly, part: nil)
        default: throw VerbCalls.LostAnswer(description: "The answer has no vote.")
        }
    }

    func commitOnePhase(_ xid: Xid, part: TransactionID?) async throws {
        _ = try await calls.call("commit-one-phase", xid, part: part)
    }

    func commit(_ xid: Xid, part: RemotePart?) async throws {
        _ = try await calls.call(
            "commit", xid, part: part?.transaction, journal: part?.journal)
    }

    func rollBack(_ xid: Xid) async throws { _ = try await calls.call("roll-back", xid) }

    func end(_ xid: Xid) async { _ = try? await calls.call("end", xid) }

    func prepared(after last: String) async throws -> [Xid] {
        let answer = try await calls.send(
            "prepared", VerbCalls.Fields(after: last.isEmpty ? nil : last))
        guard let branches = answer.branches else {
            throw VerbCalls.LostAnswer(description: "The answer has no branches.")
        }
        return branches.compactMap { Xid(text: $0) }
    }
}
