internal import Model
internal import Reprise
internal import Sessions

/// A batch on its way: a value that says which letters go next and how far it has come.
struct RequeueBatch: Sendable {
    enum State: String, Sendable {
        /// Letters are being looked for, or sent back.
        case running
        case done
        /// By an operator; what was requeued stays so.
        case cancelled
        /// The letters could not be read.
        case failed
    }

    let id: String
    let order: RequeueOrder
    let by: String
    let started: Timestamp
    private(set) var state = State.running
    /// Nil until the letters have been found.
    private(set) var total: Int?
    private(set) var requeued = 0
    /// Somebody else has requeued or cancelled them meanwhile.
    private(set) var missing = 0
    private(set) var failed = 0
    private(set) var error: RepriseError?
    private var waiting: ArraySlice<Session> = []

    init(id: String, order: RequeueOrder, by: String, started: Timestamp) {
        self.id = id
        self.order = order
        self.by = by
        self.started = started
    }

    mutating func found(_ letters: [Session]) {
        guard state == .running else { return }
        total = letters.count
        waiting = letters[...]
        if letters.isEmpty { state = .done }
    }

    mutating func notFound(_ error: RepriseError) {
        guard state == .running else { return }
        self.error = error
        state = .failed
    }

    /// The letters of the next second. `random` is drawn once for each.
    mutating func next(random: () -> UInt64) -> [Requeueing] {
        guard state == .running else { return [] }
        let part = waiting.prefix(order.perSecond)
        waiting = waiting.dropFirst(part.count)
        return part.map { letter in
            let span = UInt64(order.spread) + 1
            return Requeueing(
                letter: letter, after: Milliseconds(random().multipliedFullWidth(by: span).high))
        }
    }

    /// What became of those that `next` gave; nil is success.
    mutating func ended(_ errors: [RepriseError?]) {
        for error in errors {
            switch error?.code {
            case nil: requeued += 1
            case .notFound?: missing += 1
            default:
                failed += 1
                self.error = error
            }
        }
        if state == .running, waiting.isEmpty { state = .done }
    }

    mutating func cancel() {
        guard state == .running else { return }
        state = .cancelled
        waiting = []
    }
}

struct RequeueBatchBody: Encodable {
    var id: String
    var state: String
    var by: String
    var startedMs: Int64
    var total: Int?
    var requeued: Int
    var missing: Int
    var failed: Int
    /// The last.
    var error: RefusalBody.Content?
    var perSecond: Int
    var spreadMs: Int64

    init(_ batch: RequeueBatch) {
        id = batch.id
        state = batch.state.rawValue
        by = batch.by
        startedMs = batch.started.milliseconds
        total = batch.total
        requeued = batch.requeued
        missing = batch.missing
        failed = batch.failed
        error = batch.error.map { RefusalBody.Content($0) }
        perSecond = batch.order.perSecond
        spreadMs = batch.order.spread
    }
}

struct RequeueBatchesBody: Encodable {
    var batches: [RequeueBatchBody]
}
