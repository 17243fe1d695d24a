internal import Model
internal import Reprise
internal import Sessions
internal import Synchronization

/// The batches of this process: a few at a time, and the last of those that are over. None of it
/// survives the process; what was requeued by then stays so.
final class RequeueBatches: Sendable {
    static let maxRunning = 4
    static let maxKept = 100

    private let store: any OperatorStore
    private let pause: @Sendable () async -> Void
    /// In the order of their start.
    private let batches = Mutex<[RequeueBatch]>([])

    /// `pause` lasts a second; tests shorten it.
    init(
        _ store: any OperatorStore,
        pause: @escaping @Sendable () async -> Void = { try? await Task.sleep(for: .seconds(1)) }
    ) {
        self.store = store
        self.pause = pause
    }

    /// Throws `invalidRequest` where too many are running.
    func start(
        _ order: RequeueOrder, by caller: String, now: Timestamp
    ) throws(RepriseError) -> RequeueBatch {
        let id = SessionID(
            time: now, random: (.random(in: .min ... .max), .random(in: .min ... .max)))
        let batch = RequeueBatch(id: "\(id)", order: order, by: caller, started: now)
        let isRefused = batches.withLock { batches in
            guard batches.count(where: { $0.state == .running }) < RequeueBatches.maxRunning else {
                return true
            }
            if batches.count >= RequeueBatches.maxKept,
                let oldest = batches.firstIndex(where: { $0.state != .running })
            {
                batches.remove(at: oldest)
            }
            batches.append(batch)
            return false
        }
        guard !isRefused else {
            throw RepriseError(
                .invalidRequest,
                "\(RequeueBatches.maxRunning) batches are running. Wait for one, or cancel one.")
        }
        Task { await run(batch.id, order) }
        return batch
    }

    var all: [RequeueBatch] { batches.withLock { $0 } }

    /// Throws `notFound`.
    func batch(_ id: String) throws(RepriseError) -> RequeueBatch {
        guard let batch = all.first(where: { $0.id == id }) else {
            throw RequeueBatches.missing(id)
        }
        return batch
    }

    /// Nothing more is requeued from now on. Throws `notFound`.
    func cancel(_ id: String) throws(RepriseError) -> RequeueBatch {
        change(id) { $0.cancel() }
        return try batch(id)
    }

    private static func missing(_ id: String) -> RepriseError {
        RepriseError(
            .notFound,
            "There is no batch \(id.prefix(64)) here: batches last as long as the process, and only "
                + "the last \(maxKept) are kept.")
    }

    private func change(_ id: String, _ change: (inout RequeueBatch) -> Void) {
        batches.withLock { batches in
            guard let index = batches.firstIndex(where: { $0.id == id }) else { return }
            change(&batches[index])
        }
    }

    private func run(_ id: String, _ order: RequeueOrder) async {
        do throws(RepriseError) {
            let letters = try await find(order)
            change(id) { $0.found(letters) }
        } catch {
            change(id) { $0.notFound(error) }
        }
        while true {
            var part: [Requeueing] = []
            change(id) { batch in part = batch.next { .random(in: .min ... .max) } }
            if part.isEmpty { return }
            let errors = await store.requeueDeadLetters(part)
            change(id) { $0.ended(errors) }
            await pause()
        }
    }

    private func find(_ order: RequeueOrder) async throws(RepriseError) -> [Session] {
        let letters = try await store.allDeadLetters().filter { letter in
            order.filter.matches(letter, now: .zero)
                && (order.ids.map { $0.contains(letter.id) } ?? true)
        }
        return Array(letters.prefix(order.limit))
    }
}
