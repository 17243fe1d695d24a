internal import Journal
public import Model
internal import Platform
public import Recovery
internal import Sessions

// What an operator sees of a node, and does to it.

extension SessionOperations {
    /// Kinds, and, where this node recovers its sessions itself, places and what waits for them.
    /// Holds the journal up while it looks.
    public func recovery() -> RecoveryStatus {
        if let recovery = node.recovery { return recovery.status() }
        let journal = node.journal
        return journal.withCore { core in
            RecoveryStatus(
                policies: journal.policies.all, fallback: journal.options.fallback,
                logs: [RecoveryStatus.Log(alive: core.table.aliveByKind)])
        }
    }

    /// Whether this node hands its sessions out itself: without Kafka.
    public var recovers: Bool { node.recovery != nil }

    /// Hands nothing of the kind out until it is called with nil; what runs goes on. Kept over a
    /// restart: on disk when the call returns.
    ///
    /// - Throws: `invalidRequest` on a node with Kafka, whose sessions the workers hand out; `journalIO`
    ///   and `diskFull`.
    public func pause(_ kind: Kind, _ pause: Pause?) async throws(RepriseError) {
        guard let recovery = node.recovery else {
            throw RepriseError(
                .invalidRequest,
                "This node hands nothing out: its sessions go to the workers. Ask each of them.")
        }
        try await onThread("pause") { () throws(RepriseError) in try recovery.pause(kind, pause) }
    }
}

extension Reprise {
    /// Takes other policies and handlers from now on; what runs goes on as it began, and a kind that
    /// has lost its handler waits. Everything else needs a restart.
    ///
    /// - Throws: `configuration`; then nothing was changed.
    public func reconfigure(
        kinds: [Kind: KindPolicy], handlers: [Kind: any RecoveryHandler]
    ) throws(RepriseError) {
        var configuration = node.configuration
        configuration.kinds = kinds
        try configuration.validate()
        try RecoveryBook.check(handlers.keys)
        if let recovery = node.recovery {
            recovery.reconfigure(kinds, handlers: handlers)
        } else {
            node.journal.policies.replace(kinds)
        }
    }
}
