import Model
import Reprise
@testable import RepriseServer
import Sessions

/// As a standalone node: the parts of the status that routes show.
extension MemoryStore: OperatorStore {
    func status() async -> ProcessStatus {
        let health = await health()
        let kinds = self.kinds
        return look { state in
            var status = ProcessStatus(
                role: .standalone, node: "memory",
                started: Timestamp(milliseconds: 1_700_000_000_000), now: state.now)
            status.health = health
            status.alive = state.table.alive
            status.totals = state.table.totals
            status.conservationDifference = state.table.conservationDifference
            status.ignored = state.table.ignored
            status.journal = ProcessStatus.JournalSpace(
                bytes: 4_096, maxBytes: 1 << 20, isDiskFull: false)
            status.transactions = ProcessStatus.TransactionCounts(inDoubt: 2, heuristic: 1)
            status.recovery.kinds = kinds.map { kind, policy in
                var found = KindStatus(kind: kind, policy: policy)
                found.alive = state.table.aliveByKind[kind] ?? AliveCounts()
                found.gate = state.gates[kind]
                found.pause = state.pauses[kind]
                return found
            }.sorted { $0.kind.name < $1.kind.name }
            status.logs = [0: state.table.totals]
            return status
        }
    }

    func partitions() async -> [PartitionStatus] { [] }

    func pause(_ kind: Kind, _ pause: Pause?) async throws(RepriseError) {
        change { $0.pauses[kind] = pause }
    }

    func allDeadLetters() async throws(RepriseError) -> [Session] {
        look { state in
            state.table.sessions.values.filter { PhaseName($0.phase) == .parked }
                .sorted { $0.id < $1.id }
        }
    }

    func requeueDeadLetters(_ requeueings: [Requeueing]) async -> [RepriseError?] {
        requeueings.map { requeueing in
            let id = requeueing.letter.id
            guard let session = session(id), PhaseName(session.phase) == .parked else {
                return RepriseError(.notFound, "It is no dead letter.")
            }
            guard session.kind.name != "refused" else {
                return RepriseError(.kafkaTimeout, "No acknowledgement.")
            }
            change { state in
                var snapshot = requeueing.letter.snapshot
                snapshot.records = requeueing.records ?? snapshot.records
                let order = Event.Requeue(
                    due: state.now + requeueing.after, time: state.now, snapshot: snapshot)
                state.apply(Event(session: id, body: .requeued(order)))
            }
            return nil
        }
    }

    func cancelDeadLetter(_ id: SessionID) async throws(RepriseError) {
        _ = try await deadLetter(id)
        try await cancel(id)
    }
}
