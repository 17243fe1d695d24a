internal import ArgumentParser
internal import Reprise
internal import RepriseServer

/// Which node or worker a command asks, and whom it trusts there.
struct NodeOptions: ParsableArguments {
    @OptionGroup var settings: SettingsOptions
    @Option(
        help: ArgumentHelp(
            "Ask the node or worker at this address; else at client.url, else at the one of its "
                + "settings.",
            discussion: "The token comes from server.tokenFile or $REPRISE_SERVER_TOKEN."))
    var url: String?
    @OptionGroup var trust: TrustOptions

    /// Throws `configuration`.
    func node() throws -> NodeSource { try node(try load()) }

    /// The same, where the settings are there already.
    func node(_ settings: Settings) throws -> NodeSource {
        try NodeSource(url: try url ?? NodeAddress.url(of: settings), settings)
    }

    /// Throws `configuration`.
    func load() throws -> Settings { trust.applied(to: try settings.load()) }
}

/// Whom a command trusts over https.
struct TrustOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Certificates (PEM) of the authorities that may vouch for it; else client.caFile, else "
                + "the system's.", valueName: "path"))
    var caFile: String?

    func applied(to settings: Settings) -> Settings {
        var settings = settings
        if let caFile { settings.client.caFile = caFile }
        return settings
    }
}

/// Where this machine reaches a process with these settings.
enum NodeAddress {
    static func url(of settings: Settings) throws(RepriseError) -> String {
        if let url = settings.client.url {
            return url.hasSuffix("/") ? String(url.dropLast()) : url
        }
        let server = settings.server
        guard server.port > 0 else {
            throw RepriseError(
                .configuration, "server.port is 0: name the port that was chosen with --url.")
        }
        let host =
            switch server.host {
            case "0.0.0.0": "127.0.0.1"
            case "::", "[::]": "[::1]"
            default: ServerConfiguration.urlHost(server.host)
            }
        return "\(server.scheme)://\(host):\(server.port)"
    }
}
