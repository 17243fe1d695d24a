public import Model
internal import Reprise
internal import Synchronization

/// Reads the settings anew and takes over what is safe to change while the process runs: the policies
/// and the handlers of kinds, the tokens of callers, the certificate.
public final class Reloader: Sendable {
    private let current: Mutex<Settings>
    private let load: @Sendable () throws(RepriseError) -> Settings
    private let apply: @Sendable (Settings) throws(RepriseError) -> Void

    /// `load` reads the same sources as at the start; `apply` changes the engine, or throws and leaves
    /// it as it was.
    public init(
        _ settings: Settings, load: @escaping @Sendable () throws(RepriseError) -> Settings,
        apply: @escaping @Sendable (Settings) throws(RepriseError) -> Void
    ) {
        current = Mutex(settings)
        self.load = load
        self.apply = apply
    }

    /// Throws `configuration` where the settings cannot be used; then nothing was changed. Blocks while
    /// a small file is read.
    @discardableResult
    public func reload() throws(RepriseError) -> ReloadReport {
        let result = current.withLock { current -> Result<ReloadReport, RepriseError> in
            do throws(RepriseError) {
                let settings = try load()
                let report = ReloadReport(from: current, to: settings)
                try apply(settings)
                // What needs a restart is told again the next time: it was not taken over.
                var taken = current
                taken.handlers = settings.handlers
                taken.reprise.kinds = settings.reprise.kinds
                taken.server.token = settings.server.token
                taken.server.tokens = settings.server.tokens
                taken.given = current.given.filter { !ReloadReport.isSafe($0.key) }.merging(
                    settings.given.filter { ReloadReport.isSafe($0.key) }
                ) { $1 }
                current = taken
                return .success(report)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// What a reload has found.
public struct ReloadReport: Sendable, Hashable {
    /// Keys whose values are used from now on.
    public var changed: [String]
    /// Keys that were changed and are looked at when the process starts only.
    public var needsRestart: [String]

    init(from old: Settings, to new: Settings) {
        let keys = Set(old.given.keys).union(new.given.keys).filter {
            old.given[$0] != new.given[$0]
        }
        var changed = Set(keys.filter(ReloadReport.isSafe))
        // The token in a handler's file may be another, where the settings are the same.
        for kind in Set(old.handlers.keys).union(new.handlers.keys)
        where old.handlers[kind] != new.handlers[kind] {
            if !changed.contains(where: { $0.hasPrefix("kinds.\(kind.name).handler.") }) {
                changed.insert("kinds.\(kind.name).handler")
            }
        }
        // So may those of callers.
        if old.server.knownTokens != new.server.knownTokens,
            !changed.contains(where: { $0.hasPrefix("server.token") })
        {
            changed.insert("server.tokens")
        }
        self.changed = changed.sorted()
        needsRestart = keys.filter { !ReloadReport.isSafe($0) }.sorted()
    }

    static func isSafe(_ key: String) -> Bool {
        key.hasPrefix("kinds.") || key.hasPrefix("defaults.") || key.hasPrefix("server.token")
            || key.hasPrefix("server.tls.")
    }
}

struct ReloadBody: Encodable {
    var changed: [String]
    var needsRestart: [String]

    init(_ report: ReloadReport) {
        changed = report.changed
        needsRestart = report.needsRestart
    }
}
