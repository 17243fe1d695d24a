internal import Model
internal import Reprise
internal import RepriseSignature

/// Takes settings from the weakest source to the strongest, collects what is wrong with them, and
/// puts the rest together.
struct SettingsLoader {
    private var draft = SettingsDraft()
    /// Settings of kinds, kept until `defaults` are complete: kind, key, as written.
    private var kinds: [(kind: String, key: String, raw: RawSetting)] = []
    private var declared: Set<String> = []
    /// A digest of what each key was given as, the strongest source last.
    private var given: [String: String] = [:]
    private var secretFiles: [String: String] = [:]
    private var resources = ResourceLoader()
    private var peers: [SettingsGroup: [String: PeerDraft]] = [:]
    private var environment: [String: String] = [:]
    private var problems: [String] = []
    private var warnings: [String] = []

    // MARK: Sources

    mutating func take(_ settings: [RawSetting]) {
        for raw in settings { take(raw) }
    }

    mutating func takeEnvironment(_ environment: [String: String]) {
        self.environment = environment
        let prefix = "REPRISE_KAFKA_PROPERTIES_"
        let keys = Dictionary(
            uniqueKeysWithValues: SettingsKey.all.map { (SettingsKey.environmentName($0), $0) })
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("REPRISE_") {
            let origin = RawSetting.Origin.environment(name)
            if name.hasPrefix(prefix), name.count > prefix.count {
                let property = name.dropFirst(prefix.count).lowercased()
                let key = [
                    "kafka", "properties", property.split(separator: "_").joined(separator: "."),
                ]
                take(RawSetting(key: key, value: .text(value), origin: origin))
            } else if let key = keys[name] {
                take(RawSetting(key: [key], value: .text(value), origin: origin))
            } else if !SettingsKey.otherVariables.union(resources.variables).contains(name) {
                // Not refused: an orchestrator sets such names for a service called reprise.
                warnings.append("The environment variable \(name) means nothing here.")
            }
        }
    }

    private mutating func take(_ raw: RawSetting) {
        // A digest will do to see a change, and shows no secret.
        given[raw.name] = "\(TokenDigest(of: "\(raw.value)".utf8))"
        if Settings.namesSecretFile(raw.name), case .text(let path) = raw.value {
            secretFiles[raw.name] = path
        }
        if raw.value == .nothing, SettingsKey.isGroup(raw.name) { return }
        switch SettingsKey(raw) {
        case .kind(let kind, nil) where raw.value == .nothing:
            declare(kind, raw)
        case .kind(_, nil): refuse(raw, "a group of settings, or nothing,", isSecret: false)
        case .kind(let kind, let key?):
            declare(kind, raw)
            kinds.append((kind, key, raw))
        case .general(let key):
            guard let setting = SettingsTable.general.first(where: { $0.name == key }) else {
                return refuseUnknown(raw)
            }
            var draft = draft
            assign(setting, raw, to: &draft)
            self.draft = draft
        case .standard(let key):
            guard let setting = SettingsTable.kind.first(where: { $0.name == key }) else {
                return refuseUnknown(raw)
            }
            var standard = draft.standard
            assign(setting, raw, to: &standard)
            draft.standard = standard
        case .property(let name):
            guard case .text(let text) = raw.value else {
                return refuse(raw, "one value", isSecret: true)
            }
            // Everybody on the machine can read a command line.
            if raw.origin == .flag, KafkaProperties.isSecret(name) {
                problems.append(
                    "\(raw.name) (\(raw.origin)): set it in a file or in the environment.")
                return
            }
            draft.properties[name] = text
        case .named(let group, let name, nil) where raw.value == .nothing:
            declare(group, name, raw)
        case .named(_, _, nil): refuse(raw, "a group of settings", isSecret: true)
        case .named(let group, let name, let key?): takeNamed(group, name, key, raw)
        case .unknown: refuseUnknown(raw)
        }
    }

    private mutating func declare(_ group: SettingsGroup, _ name: String, _ raw: RawSetting) {
        guard group.allows(name) else {
            return problems.append(
                "\(raw.name) (\(raw.origin)): \(group.noun) has \(group.rule).")
        }
        switch group {
        case .resources: resources.declare(name)
        case .participants, .coordinators:
            peers[group, default: [:]][name] = peers[group]?[name] ?? PeerDraft()
        }
    }

    private mutating func takeNamed(
        _ group: SettingsGroup, _ name: String, _ key: String, _ raw: RawSetting
    ) {
        declare(group, name, raw)
        if let setting = SettingsTable.resource.first(where: { $0.name == key }),
            group == .resources
        {
            guard var draft = resources.drafts[name] else { return }
            assign(setting, raw, to: &draft)
            resources.set(name, draft)
        } else if let setting = SettingsTable.peer.first(where: { $0.name == key }),
            group != .resources
        {
            guard var draft = peers[group]?[name] else { return }
            assign(setting, raw, to: &draft)
            peers[group]?[name] = draft
        } else {
            refuseUnknown(raw)
        }
    }

    /// A kind of which nothing is set but the name is a kind, too.
    private mutating func declare(_ kind: String, _ raw: RawSetting) {
        guard !declared.contains(kind) else { return }
        guard Kind.isValid(kind) else {
            problems.append(
                "\(raw.name) (\(raw.origin)): a kind is 1 to \(Limits.maxKindBytes) letters, "
                    + "digits, '.', '_' or '-'.")
            return
        }
        guard !Kind(unchecked: kind).isReserved else {
            problems.append(
                "\(raw.name) (\(raw.origin)): names that begin with 'reprise.transaction.' are "
                    + "Reprise's own. Use another one.")
            return
        }
        declared.insert(kind)
    }

    private mutating func assign<Root>(
        _ setting: Setting<Root>, _ raw: RawSetting, to root: inout Root
    ) {
        if setting.isEnvironmentOnly {
            guard case .environment = raw.origin else {
                problems.append(
                    "\(raw.name) (\(raw.origin)): set it as the environment variable "
                        + "\(SettingsKey.environmentName(setting.name)), or use a file.")
                return
            }
        }
        if raw.value == .nothing { return }
        guard case .text(let text) = raw.value, setting.assign(&root, text) else {
            return refuse(raw, setting.form.allowed, isSecret: setting.isSecret)
        }
    }

    // MARK: Problems

    private mutating func refuse(_ raw: RawSetting, _ allowed: String, isSecret: Bool) {
        let value =
            switch raw.value {
            case .text where isSecret: "<secret>"
            // Between them a password may stand.
            case .text(let text) where text.contains("://") && text.contains("@"):
                "a URL with a user or a password"
            case .text(let text): "\"\(text.prefix(100))\""
            case .list: "a list"
            case .nothing: "no value"
            }
        problems.append(
            "\(raw.name) (\(raw.origin)): \(value) is not allowed. Allowed: \(allowed).")
    }

    private mutating func refuseUnknown(_ raw: RawSetting) {
        let hint = SettingsKey.nearest(to: raw).map { " Did you mean \($0)?" } ?? ""
        problems.append("\(raw.name) (\(raw.origin)): there is no such key.\(hint)")
    }

    // MARK: Result

    mutating func finish() throws(RepriseError) -> Settings {
        takeKinds()
        draft.server.token = token()
        draft.server.tokens = tokens()
        var outgoing = OutgoingConfiguration()
        outgoing.signer = signer()
        outgoing.caFile = draft.caFile
        draft.server.tls = tls()
        let handlers = handlers(signer: outgoing.signer)
        var settings = Settings(
            reprise: draft.reprise, server: draft.server, handlers: handlers,
            outgoing: outgoing,
            callbackURL: draft.callbackURL
                ?? "\(draft.server.origin):\(draft.server.port)",
            logLevel: draft.logLevel, logFormat: draft.logFormat, warnings: warnings)
        settings.client = draft.client
        settings.given = given
        settings.secretFiles = secretFiles
        settings.resources = resources.finish(environment) { problems.append($0) }
        settings.participants = peers(.participants)
        settings.coordinators = peers(.coordinators)
        for (name, kind) in draft.kinds {
            settings.reprise.kinds[Kind(unchecked: name)] = kind.policy
        }
        settings.reprise.fallbackPolicy = draft.standard.policy
        settings.reprise.mirror.sendsAll = draft.mirrored == .all
        if !draft.brokers.isEmpty {
            let (brokers, properties) = (draft.brokers, draft.properties)
            settings.reprise.kafka = note { () throws(RepriseError) in
                try KafkaProperties.connection(brokers: brokers, properties: properties)
            }
        } else if !draft.properties.isEmpty {
            problems.append("kafka.properties are set, but kafka.brokers is not.")
        }
        if problems.isEmpty {
            note { () throws(RepriseError) in try settings.server.check() }
        }
        guard problems.isEmpty else {
            let list = problems.map { "- \($0)" }.joined(separator: "\n")
            throw RepriseError(.configuration, "The configuration cannot be used:\n\(list)")
        }
        return settings
    }

    private mutating func takeKinds() {
        for kind in declared { draft.kinds[kind] = draft.standard }
        for (kind, key, raw) in kinds {
            guard let setting = SettingsTable.kind.first(where: { $0.name == key }) else {
                refuseUnknown(raw)
                continue
            }
            guard var values = draft.kinds[kind] else { continue }
            assign(setting, raw, to: &values)
            draft.kinds[kind] = values
        }
    }

    private mutating func token() -> AccessToken? {
        if let text = draft.token { return token(text, "REPRISE_SERVER_TOKEN") }
        return draft.tokenFile.flatMap { path in
            let text = note { () throws(RepriseError) in try TextFile.read(path) }
            return text.flatMap { token($0, path) }
        }
    }

    private mutating func token(_ text: String, _ source: String) -> AccessToken? {
        note { () throws(RepriseError) in
            do throws(RepriseError) {
                return try AccessToken(text)
            } catch {
                throw RepriseError(error.code, "\(source): \(error.message)")
            }
        }
    }

    /// From the environment and from the file, both.
    private mutating func tokens() -> [NamedToken] {
        let (text, file) = (draft.tokens, draft.tokensFile)
        let given = text.flatMap { text in
            note { () throws(RepriseError) in
                try TokenList.parse(text, from: "REPRISE_SERVER_TOKENS")
            }
        }
        let read = file.flatMap { path in
            note { () throws(RepriseError) in
                try TokenList.parse(TextFile.read(path), from: path)
            }
        }
        return (given ?? []) + (read ?? [])
    }

    private mutating func peers(_ group: SettingsGroup) -> [PeerSettings] {
        (peers[group] ?? [:]).sorted { $0.key < $1.key }.compactMap { name, draft in
            note { () throws(RepriseError) in try draft.settings(group, name) }
        }
    }

    private mutating func tls() -> TLSFiles? {
        switch (draft.certificateFile, draft.keyFile) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            return TLSFiles(certificateFile: certificate, keyFile: key)
        default:
            problems.append("server.tls.certificateFile and server.tls.keyFile go together.")
            return nil
        }
    }

    private mutating func signer() -> RequestSigner? {
        if let text = draft.signingSecret { return signer(text, "REPRISE_OUTGOING_SIGNING_SECRET") }
        return draft.signingSecretFile.flatMap { signer(file: $0) }
    }

    private mutating func signer(file path: String) -> RequestSigner? {
        let text = note { () throws(RepriseError) in try TextFile.read(path) }
        return text.flatMap { signer($0, path) }
    }

    private mutating func signer(_ text: String, _ source: String) -> RequestSigner? {
        note { () throws(RepriseError) in
            do throws(SignatureError) {
                return try RequestSigner(try SigningSecret.list(text))
            } catch {
                throw RepriseError(.configuration, "\(source): \(error)")
            }
        }
    }

    private mutating func handlers(signer common: RequestSigner?) -> [Kind: HandlerEndpoint] {
        var handlers: [Kind: HandlerEndpoint] = [:]
        for (name, kind) in draft.kinds.sorted(by: { $0.key < $1.key }) {
            guard let url = kind.handlerURL else { continue }
            var endpoint = HandlerEndpoint(url: url)
            if let path = kind.handlerTokenFile {
                endpoint.token = note { () throws(RepriseError) in
                    try AccessToken(TextFile.read(path))
                }
            }
            endpoint.signer = kind.signingSecretFile.map { signer(file: $0) } ?? common
            handlers[Kind(unchecked: name)] = endpoint
        }
        return handlers
    }

    /// Nil, and one problem more, when `body` throws.
    @discardableResult
    private mutating func note<Value>(_ body: () throws(RepriseError) -> Value) -> Value? {
        do throws(RepriseError) {
            return try body()
        } catch {
            problems.append(error.message)
            return nil
        }
    }
}
