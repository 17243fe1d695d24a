internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import Reprise
internal import RepriseServer

/// Whether somebody listens where sessions are posted to. Any answer will do: it asks with OPTIONS,
/// which starts nothing.
struct HandlerChecks {
    let settings: Settings

    func run() async -> [Diagnosis] {
        guard !settings.handlers.isEmpty else { return missing() }
        let client: HTTPClient
        do throws(RepriseError) {
            client = try HTTPHandler.makeClient(settings.outgoing)
        } catch {
            let cure = "Name a file with certificates in outgoing.caFile."
            return [
                Diagnosis(
                    "handler", "not asked", [.fault(error.code, error.message, cure: cure)])
            ] + missing()
        }
        var found: [Diagnosis] = []
        for (kind, endpoint) in settings.handlers.sorted(by: { $0.key.name < $1.key.name }) {
            found.append(await look(kind, endpoint.url, client))
        }
        try? await client.shutdown()
        return found + missing()
    }

    private func look(_ kind: Kind, _ url: String, _ client: HTTPClient) async -> Diagnosis {
        var request = HTTPClientRequest(url: url)
        request.method = .OPTIONS
        do {
            _ = try await client.execute(request, timeout: .seconds(10))
            return Diagnosis("handler", "\(kind.name) answers")
        } catch {
            let start = "Start it, or mend kinds.\(kind.name).handler.url."
            let trust =
                "Name the authority of its certificate in outgoing.caFile, and in "
                + "kinds.\(kind.name).handler.url a name that the certificate has."
            return Diagnosis(
                "handler", kind.name,
                [
                    .fault(
                        .handlerUnavailable,
                        "The handler of \(kind.name) does not answer at \(Self.plain(url)) "
                            + "(\(ConnectionFailure.text(error))).",
                        cure: HTTPHandler.isTLSFailure(error) ? trust : start)
                ])
        }
    }

    /// Without what may be a secret in it.
    private static func plain(_ url: String) -> String {
        guard var parts = URLComponents(string: url) else { return "its URL" }
        parts.user = nil
        parts.password = nil
        parts.query = nil
        return parts.string ?? "its URL"
    }

    /// A standalone node has no other handlers than these.
    private func missing() -> [Diagnosis] {
        guard settings.reprise.kafka == nil else { return [] }
        let kinds = settings.reprise.kinds.keys.filter { settings.handlers[$0] == nil }
        return kinds.map(\.name).sorted().map { name in
            Diagnosis(
                "handler", name,
                [
                    .warning(
                        .handlerMissing,
                        "Nobody handles \(name): its sessions wait until they are parked.",
                        cure: "Set kinds.\(name).handler.url.")
                ])
        }
    }
}
