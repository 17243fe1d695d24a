public import AsyncHTTPClient
public import Coordination
public import Model
public import RepriseServer
public import Transactions

/// The processes whose transactions this one takes part in, by the names that their requests bring: a
/// name that nobody configured is refused, and no request says where a token goes.
public struct HTTPCoordinators: SuperiorLink {
    /// Where a coordinator's API answers.
    public struct Coordinator: Sendable {
        /// As its `HTTPParticipant.Configuration.coordinator` has it.
        public var name: String
        public var api: String
        /// Has the scope `participate` there.
        public var token: AccessToken?

        public init(name: String, api: String, token: AccessToken?) {
            self.name = name
            self.api = api
            self.token = token
        }
    }

    private let calls: [String: VerbCalls]

    /// - Throws: `configuration` for an address that is none, or a name that comes twice.
    public init(
        _ coordinators: [Coordinator], timeout: Milliseconds = 10_000, client: HTTPClient
    ) throws(RepriseError) {
        var calls: [String: VerbCalls] = [:]
        for coordinator in coordinators {
            let address = try BaseAddress(coordinator.api)
            let previous = calls.updateValue(
                VerbCalls(
                    address: address, token: coordinator.token, timeout: timeout, client: client),
                forKey: coordinator.name)
            guard previous == nil else {
                throw RepriseError(
                    .configuration, "There are two coordinators \"\(coordinator.name)\".")
            }
        }
        self.calls = calls
    }

    public func accepts(_ address: String) -> Bool { calls[address] != nil }

    public func ask(_ superior: Superior) async throws -> SuperiorAnswer {
        let calls = calls[superior.address]
        guard let answer = try await calls?.call("status", superior.xid).answer,
            let known = SuperiorAnswer(rawValue: answer)
        else {
            throw VerbCalls.LostAnswer(description: "The answer does not say how it was decided.")
        }
        return known
    }
}
