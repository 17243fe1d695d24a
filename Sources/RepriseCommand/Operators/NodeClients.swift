internal import AsyncHTTPClient
internal import Reprise
internal import RepriseServer
internal import Synchronization

/// HTTP clients by the file of the authorities that they trust, for as long as the process. Each says at
/// once that nobody listens, where the shared client tries for 30 s.
enum NodeClients {
    private static let clients = Mutex<[String?: HTTPClient]>([:])

    /// Throws `configuration` where the file holds no certificates.
    static func client(trusting caFile: String?) throws(RepriseError) -> HTTPClient {
        let result = clients.withLock { clients -> Result<HTTPClient, RepriseError> in
            if let client = clients[caFile] { return .success(client) }
            var outgoing = OutgoingConfiguration()
            outgoing.caFile = caFile
            do throws(RepriseError) {
                let client = try HTTPHandler.makeClient(outgoing)
                clients[caFile] = client
                return .success(client)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
