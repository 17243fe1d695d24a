internal import Synchronization

/// Where handlers reach this process: what is configured, or the server's own address, whose port may
/// be known only once it listens.
public final class CallbackAddress: Sendable {
    private let known: Mutex<String?>
    private let origin: String

    public init(_ settings: Settings) {
        origin = settings.server.origin
        let isOpen = settings.server.port == 0 && settings.callbackURL.hasSuffix(":0")
        known = Mutex(isOpen ? nil : settings.callbackURL)
    }

    /// Nil while the server does not listen and any port is fine.
    public var url: String? { known.withLock { $0 } }

    public func listens(on port: Int) {
        known.withLock { known in
            if known == nil { known = "\(origin):\(port)" }
        }
    }
}
