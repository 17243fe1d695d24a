public import Logging
public import Model
public import Reprise
public import RepriseSignature

/// Everything that a `reprise` process is told: the engine's configuration, the server's, and the
/// handlers that are reached over HTTP.
public struct Settings: Sendable {
    public var reprise: RepriseConfiguration
    public var server: ServerConfiguration
    /// The kinds that a URL handles.
    public var handlers: [Kind: HandlerEndpoint]
    /// What is common to all requests that this process sends.
    public var outgoing: OutgoingConfiguration
    /// Of the commands that ask a process.
    public var client = ClientConfiguration()
    /// The databases that take part in transactions, in order of their names.
    public var resources: [ResourceSettings] = []
    /// The processes that take part in transactions of this one, in order of their names.
    public var participants: [PeerSettings] = []
    /// The processes whose transactions this one takes part in, by the names that they go by.
    public var coordinators: [PeerSettings] = []
    /// Where handlers reach this process.
    public var callbackURL: String
    public var logLevel: Logger.Level
    public var logFormat: LogFormat
    /// What is odd but no error, a line each, to be logged at start.
    public var warnings: [String]
    /// A digest of what each key was given as, to tell what has changed.
    var given: [String: String] = [:]
    /// The paths of the files that hold secrets, by key.
    package var secretFiles: [String: String] = [:]

    /// Whether a key's value is the path of a file that only its owner should read.
    static func namesSecretFile(_ key: String) -> Bool {
        guard let name = key.split(separator: ".").last, name.hasSuffix("File") else {
            return false
        }
        let lowercase = name.lowercased()
        return ["token", "secret", "key", "password", "connection"].contains {
            lowercase.contains($0)
        }
    }

    /// Reads the settings: `flags` (key and value, as `--set` has them) before `environment` before
    /// the file at `file` before the standard values.
    ///
    /// Throws `configuration`: the message names every key that is wrong, its value, where it
    /// stands, and what is allowed.
    public static func load(
        file: String?, environment: [String: String], flags: [(key: String, value: String)] = []
    ) throws(RepriseError) -> Settings {
        var loader = SettingsLoader()
        if let file { loader.take(try SettingsFile.read(file)) }
        loader.takeEnvironment(environment)
        loader.take(
            flags.map { RawSetting(key: [$0.key], value: .text($0.value), origin: .flag) })
        return try loader.finish()
    }
}

/// A handler that is reached over HTTP.
public struct HandlerEndpoint: Sendable, Hashable {
    public var url: String
    /// Sent as `Authorization: Bearer`.
    public var token: AccessToken?
    /// Signs what is posted; nil leaves it unsigned.
    public var signer: RequestSigner?

    public init(url: String, token: AccessToken? = nil, signer: RequestSigner? = nil) {
        self.url = url
        self.token = token
        self.signer = signer
    }
}
