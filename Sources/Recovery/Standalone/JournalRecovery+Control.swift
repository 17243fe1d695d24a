internal import Journal
package import Model
internal import Platform
internal import Sessions
internal import Synchronization

// What an operator sees of recovery in a node, and does to it.

extension JournalRecovery {
    /// Kinds, places and what waits for them. Holds the journal up while it looks.
    package func status() -> RecoveryStatus {
        let pauses = self.pauses.all
        let now = journal.now()
        return withJournal { core, state in
            RecoveryStatus(
                policies: journal.policies.all, fallback: journal.options.fallback,
                gates: state.gates, pauses: pauses,
                logs: [
                    RecoveryStatus.Log(
                        alive: core.table.aliveByKind,
                        readiness: core.scheduler?.readiness(now: now, table: core.table) ?? [:],
                        unhandled: core.scheduler?.unhandled.values.reduce(0, +) ?? 0)
                ], meters: meters)
        }
    }

    /// Hands nothing of the kind out until it is called with nil; what runs goes on. Kept over a
    /// restart. Blocks while the file is written.
    package func pause(_ kind: Kind, _ pause: Pause?) throws(RepriseError) {
        try pauses.set(kind, pause)
        state.withLock { $0.gates[kind]?.isPaused = pause != nil }
        journal.changed.notify()
    }

    /// Policies and handlers from now on: what runs goes on as it began. A kind that has lost its
    /// handler waits.
    package func reconfigure(
        _ policies: [Kind: KindPolicy], handlers: [Kind: any RecoveryHandler]
    ) {
        journal.policies.replace(policies)
        runs.replaceHandlers(handlers)
        meters.add(handlers.keys)
        let pauses = self.pauses.all
        state.withLock { state in
            state.gates.reconfigure(
                handlers.keys, paused: Set(pauses.keys)
            ) { journal.policy(of: $0) }
        }
        journal.changed.notify()
    }
}
