internal import AsyncHTTPClient
internal import Coordination
internal import Model
internal import Reprise
internal import RepriseHTTP
internal import RepriseServer
internal import Transactions

// The other processes of common transactions. The command begins none with them: it finishes what is in
// the journal.

extension Settings {
    /// Everything that branches can be in.
    ///
    /// - Throws: `configuration` for an address that is none.
    func everyResource(
        _ databases: [any TransactionResource], _ client: HTTPClient
    ) throws(RepriseError) -> [any TransactionResource] {
        var all = databases
        for peer in participants {
            let participant = try HTTPParticipant(
                HTTPParticipant.Configuration(
                    name: peer.name, service: peer.api, api: peer.api, token: peer.token,
                    coordinator: reprise.node),
                client: client)
            all.append(participant.resource)
        }
        return all
    }

    /// How coordinators are asked what became of the parts in the journal; nil where none is named.
    func superiors(_ client: HTTPClient) throws(RepriseError) -> HTTPCoordinators? {
        guard !coordinators.isEmpty else { return nil }
        return try HTTPCoordinators(
            coordinators.map {
                HTTPCoordinators.Coordinator(name: $0.name, api: $0.api, token: $0.token)
            }, client: client)
    }
}
