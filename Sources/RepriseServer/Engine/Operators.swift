public import Logging
internal import Model

/// What stands behind the operators' routes: the engine, its recent past, and the log of who did what.
public struct Operators: Sendable {
    let store: any OperatorStore
    let history = History()
    private let logger: Logger

    public init(_ store: any OperatorStore, logger: Logger) {
        self.store = store
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
