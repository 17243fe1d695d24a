/// How commands that ask a node or worker get there.
public struct ClientConfiguration: Sendable, Hashable {
    /// Whom to ask; nil asks the process with these settings on this machine.
    public var url: String?
    /// PEM of the authorities that may vouch for it, instead of the system's.
    public var caFile: String?

    public init() {}
}

// The settings of the commands that ask, `client.…`.

extension SettingsTable {
    static var client: [Setting<SettingsDraft>] {
        [
            .optional(
                "client.url", \.client.url, allowed: "an http or https URL",
                "The node or worker that commands ask, where --url is not given; with https by a "
                    + "name that is in its certificate. Defaults to "
                    + "http(s)://<server.host>:<port>.",
                check: { Checks.isURL($0) }),
            .optional(
                "client.caFile", \.client.caFile, allowed: "a path",
                "Certificates in PEM of the authorities that may vouch for nodes and workers that "
                    + "commands ask, instead of the system's; --ca-file goes before it.",
                check: { !$0.isEmpty }),
        ]
    }
}
