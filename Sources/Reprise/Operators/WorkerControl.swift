public import Model
public import Recovery

// What an operator sees of a worker, and does to it.

extension WorkerOperations {
    /// Kinds, places and what waits for them, over this worker's partitions. Holds the fold up while
    /// it looks.
    public func recovery() -> RecoveryStatus { worker.group.status() }

    /// What is waited beyond a time that another machine's clock set.
    public var clockAllowance: Milliseconds { worker.configuration.recovery.clockAllowance }

    /// Hands nothing of the kind out, in this worker, until it is called with nil; what runs goes on.
    /// On disk when the call returns where there is a directory for checkpoints; else it is forgotten
    /// with the process.
    ///
    /// - Throws: `journalIO` and `diskFull`.
    public func pause(_ kind: Kind, _ pause: Pause?) async throws(RepriseError) {
        let group = worker.group
        try await onThread("pause") { () throws(RepriseError) in try group.pause(kind, pause) }
    }
}

extension RecoveryWorker {
    /// Takes other policies and handlers from now on; what runs goes on as it began, and a kind that
    /// has lost its handler waits. Everything else needs a restart.
    ///
    /// - Throws: `configuration`; then nothing was changed.
    public func reconfigure(
        kinds: [Kind: KindPolicy], handlers: [Kind: any RecoveryHandler]
    ) throws(RepriseError) {
        var configuration = configuration
        configuration.kinds = kinds
        try configuration.validate()
        let handlers = try book.handlers(handlers)
        group.reconfigure(book.policies(kinds), handlers: handlers)
    }
}
