public import Logging
internal import Model

/// What stands behind the operators' routes: the engine, its recent past, and the log of who did what.
public struct Operators: Sendable {
    let store: any OperatorStore
    let history = History()
    let batches: RequeueBatches
    let reloader: Reloader?
    private let logger: Logger

    /// Without a reloader, the configuration stays as it was at the start.
    public init(_ store: any OperatorStore, reloader: Reloader? = nil, logger: Logger) {
        self.store = store
        self.reloader = reloader
        batches = RequeueBatches(store)
        self.logger = logger
    }

    /// To be run beside the server: without it there is no history.
    public var sampler: Sampler { Sampler(store, history) }

    /// Writes down what an operator has had done. `caller` is the name of a token, `about` what it
    /// was done to; never a record.
    func note(_ action: String, by caller: String, about: [String: String]) {
        var metadata: Logger.Metadata = [
            "reprise.action": "\(action)", "reprise.caller": "\(caller)",
        ]
        for (name, value) in about { metadata["reprise.\(name)"] = "\(value)" }
        logger.notice("an operator acted", metadata: metadata)
    }
}
