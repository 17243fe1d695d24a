internal import Model

/// Another process of common transactions, as this one reaches its API: to tell it what was decided, or to
/// ask it.
public struct PeerSettings: Sendable, Hashable {
    public var name: String
    /// Where its API answers.
    public var api: String
    /// Has the scope `participate` there.
    public var token: AccessToken?

    public init(name: String, api: String, token: AccessToken? = nil) {
        self.name = name
        self.api = api
        self.token = token
    }
}

/// What a peer's settings are read into.
struct PeerDraft: Sendable {
    var api: String?
    var tokenFile: String?

    /// - Throws: `configuration` where there is no address, or the token cannot be read.
    func settings(_ group: SettingsGroup, _ name: String) throws(RepriseError) -> PeerSettings {
        guard let api else {
            throw RepriseError(
                .configuration,
                "\(group.rawValue).\(name): set api to say where \(group.noun) answers.")
        }
        var settings = PeerSettings(name: name, api: api)
        if let tokenFile { settings.token = try AccessToken(TextFile.read(tokenFile)) }
        return settings
    }
}
