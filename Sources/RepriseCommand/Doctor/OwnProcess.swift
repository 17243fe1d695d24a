internal import Foundation
internal import Reprise

/// What is at the address that the settings give this process.
enum OwnProcess: Sendable {
    /// One of ours; without a status where the token is not its token.
    case running(ShownStatus?)
    case absent
    /// It cannot be asked over TLS: the certificate is not vouched for, or another name's.
    case untrusted
    /// Something else has the port.
    case stranger

    init(at node: NodeSource) async {
        do {
            let body = try await node.send(.GET, "/v1/status", waits: false)
            self = .running(try JSONDecoder().decode(ShownStatus.self, from: body))
        } catch let error as RepriseError {
            switch error.code {
            case .unauthorized, .forbidden: self = .running(nil)
            case .handlerUnavailable: self = .absent
            case .configuration: self = .untrusted
            default: self = .stranger
            }
        } catch {
            self = .stranger
        }
    }

    func diagnosis(_ address: String, name: String) -> Diagnosis {
        switch self {
        case .absent: return Diagnosis("process", "nobody is at \(address) yet")
        case .untrusted:
            return Diagnosis(
                "process", address,
                [
                    .warning(
                        .configuration,
                        "Somebody is there, and there is no TLS with them that can be trusted.",
                        cure: "Name the authority of the certificate in client.caFile, and in "
                            + "client.url an address with a name that is in the certificate.")
                ])
        case .running(nil):
            return Diagnosis(
                "process", address,
                [
                    .warning(
                        .unauthorized, "The process there does not take the token of the settings.",
                        cure: "Set server.tokenFile or REPRISE_SERVER_TOKEN to one of its tokens.")
                ])
        case .running(let status?):
            guard status.node == name else {
                return Diagnosis(
                    "process", address,
                    [
                        .fault(
                            .configuration,
                            "The process there is \(status.node), not \(name).",
                            cure: "Choose another server.port, or stop it.")
                    ])
            }
            return Diagnosis(
                "process",
                "\(status.node) is at \(address), \(status.isReady ? "ready" : "not ready")",
                status.isSound
                    ? []
                    : [
                        .warning(
                            .internalDefect, "It is not ready, or not all is accounted for.",
                            cure: "See 'reprise status'.")
                    ])
        case .stranger:
            return Diagnosis(
                "process", address,
                [
                    .fault(
                        .configuration, "Another program has the port of server.port.",
                        cure: "Choose another server.port, or stop that program.")
                ])
        }
    }
}
