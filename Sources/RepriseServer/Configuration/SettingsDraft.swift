internal import Logging
internal import Model
internal import Reprise

/// What the settings are read into, one by one, before they are put together.
struct SettingsDraft: Sendable {
    var reprise = RepriseConfiguration(
        node: HostName.current, journal: JournalConfiguration(directory: "reprise-data"),
        kinds: [:])
    var server = ServerConfiguration()
    var brokers = ""
    /// librdkafka's, by name.
    var properties: [String: String] = [:]
    var mirrored = MirroredEvents.needed
    var token: String?
    var tokenFile: String?
    var tokens: String?
    var tokensFile: String?
    var certificateFile: String?
    var keyFile: String?
    var caFile: String?
    var client = ClientConfiguration()
    var signingSecret: String?
    var signingSecretFile: String?
    var callbackURL: String?
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.text
    /// What every kind begins with, and what kinds that nobody configured keep.
    var standard = KindDraft()
    var kinds: [String: KindDraft] = [:]
}

struct KindDraft: Sendable {
    var policy = KindPolicy()
    var handlerURL: String?
    var handlerTokenFile: String?
    var signingSecretFile: String?
}

/// `mirror.events`.
enum MirroredEvents: String, CaseIterable, Sendable {
    case needed, all
}
