package import Model
internal import Platform
internal import Sessions
internal import Synchronization

// What an operator sees of a worker, and does to it.

extension GroupWorker {
    /// Kinds, places and what waits for them, over all partitions. Holds the fold up while it looks.
    package func status() -> RecoveryStatus {
        let pauses = self.pauses.all
        let now = self.now()
        return state.withLock { state in
            let logs = state.partitions.values.compactMap(\.machine).map { machine in
                // What is due before the partition is owned is its last owner's.
                RecoveryStatus.Log(
                    alive: machine.table.aliveByKind,
                    readiness: machine.stage == .owning ? machine.readiness(now: now) : [:],
                    unhandled: machine.unhandled.values.reduce(0, +))
            }
            return RecoveryStatus(
                policies: policies.all, fallback: options.partition.fallback, gates: state.gates,
                pauses: pauses, logs: logs, meters: meters)
        }
    }

    /// Hands nothing of the kind out, in this worker, until it is called with nil; what runs goes on.
    /// Kept over a restart where there is a directory for checkpoints. Blocks while the file is
    /// written.
    package func pause(_ kind: Kind, _ pause: Pause?) throws(RepriseError) {
        try pauses.set(kind, pause)
        state.withLock { $0.gates[kind]?.isPaused = pause != nil }
        signal.notify()
    }

    /// Policies and handlers from now on: what runs goes on as it began. A kind that has lost its
    /// handler waits.
    package func reconfigure(
        _ policies: [Kind: KindPolicy], handlers: [Kind: any RecoveryHandler]
    ) {
        self.policies.replace(policies)
        runs.replaceHandlers(handlers)
        meters.add(handlers.keys)
        let pauses = self.pauses.all
        state.withLock { state in
            state.gates.reconfigure(
                handlers.keys, paused: Set(pauses.keys)
            ) { self.policy(of: $0) }
        }
        signal.notify()
    }

    func policy(of kind: Kind) -> KindPolicy {
        policies[kind] ?? options.partition.fallback
    }
}
