public import Model

/// Where and how the HTTP API listens.
public struct ServerConfiguration: Sendable, Hashable {
    /// An address or a host name. Default `127.0.0.1`: only this machine.
    public var host = "127.0.0.1"
    /// Default 7171; 0 takes any free port.
    public var port = 7171
    /// What callers must send as `Authorization: Bearer …`, with every scope. This or one of `tokens`
    /// is needed on any address but loopback.
    public var token: AccessToken?
    /// More tokens, each with a name, scopes and perhaps an end.
    public var tokens: [NamedToken] = []
    /// Bytes of a request's body, batches aside. Default 1 MiB.
    public var maxBodyBytes = 1 << 20
    /// Bytes of a batch. Default 16 MiB.
    public var maxBatchBytes = 16 << 20
    /// Connections at a time; more wait in the operating system's queue. Default 4,096.
    public var maxConnections = 4_096
    /// How long a connection may be silent before it is closed. Default 60 s.
    public var idleTimeout: Milliseconds = 60_000
    /// From the end of a request's headers until its body must be there. Default 60 s.
    public var requestTimeout: Milliseconds = 60_000
    /// Bytes of the headers of a request; one header has half of it at most. Default 32 KiB.
    public var maxHeaderBytes = 32 << 10
    /// Requests a second for each token; without tokens, for all callers together. Default 0:
    /// without limit.
    public var ratePerSecond = 0
    /// Where the certificate and key are; nil speaks plain HTTP.
    public var tls: TLSFiles?

    public init() {}

    /// Whether only this machine can reach it.
    public var isLoopback: Bool { Loopback.contains(host) }

    /// `https` with a certificate.
    package var scheme: String { tls == nil ? "http" : "https" }

    /// The beginning of its URLs, without the port.
    package var origin: String { "\(scheme)://\(ServerConfiguration.urlHost(host))" }

    /// An address of IPv6 stands in brackets there.
    package static func urlHost(_ host: String) -> String {
        host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    }

    /// Everybody who may ask; empty on loopback only.
    var knownTokens: [NamedToken] {
        let single = token.map { token in
            NamedToken(name: "token", scopes: Set(Scope.allCases), token: token)
        }
        return tokens + (single.map { [$0] } ?? [])
    }

    /// Refuses what would leave the API open to everybody.
    package func check() throws(RepriseError) {
        guard token != nil || !tokens.isEmpty || isLoopback else {
            throw RepriseError(
                .configuration,
                "server.host is \(host), which other machines can reach, and there is no token. "
                    + "Set server.tokensFile, server.tokenFile or REPRISE_SERVER_TOKEN, or listen on "
                    + "127.0.0.1.")
        }
    }
}

/// The names and addresses by which a machine calls itself.
enum Loopback {
    static func contains(_ host: some StringProtocol) -> Bool {
        let name = host.lowercased()
        if ["localhost", "::1", "[::1]"].contains(name) { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The host of a `Host` header: its port, if there is one, taken off.
    static func host(of authority: String) -> Substring {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return authority[...end]
        }
        return authority.prefix { $0 != ":" }
    }
}
