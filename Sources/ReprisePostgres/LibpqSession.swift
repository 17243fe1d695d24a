internal import CPostgres
internal import Glibc
internal import Model
internal import Platform

/// A connection of libpq's. Lives on one thread, which it blocks; only `wake` and what `interrupted`
/// answers are touched from others.
final class LibpqSession {
    /// What the thread was asked meanwhile.
    enum Interruption { case none, cancel, close }

    private let settings: ConnectionSettings
    private let wake: WakePipe
    private let interrupted: () -> Interruption
    private var handle: OpaquePointer?

    init(
        _ settings: ConnectionSettings, wake: WakePipe, interrupted: @escaping () -> Interruption
    ) {
        self.settings = settings
        self.wake = wake
        self.interrupted = interrupted
    }

    deinit { close() }

    /// Ends the connection; the server rolls back what is open on it.
    func close() {
        if let handle { PQfinish(handle) }
        handle = nil
    }

    /// Whether statements can be sent, as far as is known without sending one.
    var isUsable: Bool { handle.map { PQstatus($0) == CONNECTION_OK } ?? false }

    var isInTransaction: Bool {
        guard let handle else { return false }
        return PQtransactionStatus(handle) != PQTRANS_IDLE
    }

    // MARK: Connecting

    /// Connects where there is no connection. One that was used before may have died meanwhile: if
    /// `body` finds it so, it is called a second time, with a new one.
    func connected<Value>(
        _ body: () throws(SQLFailure) -> Value
    ) throws(SQLFailure) -> Value {
        // Nobody's transaction may be continued by somebody else.
        if isInTransaction { close() }
        guard isUsable else {
            try connect()
            return try body()
        }
        do {
            return try body()
        } catch  where error.kind == .connectionLost {
            if case .close = interrupted() { throw error }
            try connect()
            return try body()
        }
    }

    private func connect() throws(SQLFailure) {
        close()
        if case .close = interrupted() { throw .lost("the resource is being closed") }
        let deadline = Deadline(after: settings.limits.connect)
        guard let started = start() else { throw .lost("out of memory") }
        handle = started
        reprise_pq_silence(started)
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            if PQstatus(started) == CONNECTION_BAD || step == PGRES_POLLING_FAILED {
                throw lostConnection("no connection")
            }
            let events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT
            switch wait(started, Int16(events), deadline) {
            case .ready: break
            case .expired:
                close()
                throw .lost("no connection within \(settings.limits.connect)")
            case .woken:
                guard case .close = interrupted() else { continue }
                close()
                throw .lost("the resource is being closed")
            }
            step = PQconnectPoll(started)
        }
        PQsetnonblocking(started, 1)
    }

    private func start() -> OpaquePointer? {
        let keywords = settings.keywords.map { strdup($0) } + [nil]
        let values = settings.values.map { strdup($0) } + [nil]
        defer { for text in keywords + values { free(text) } }
        return PQconnectStartParams(
            keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 0)
    }

    private func lostConnection(_ otherwise: String) -> SQLFailure {
        // libpq's own words name hosts, users and databases, never passwords.
        let text = handle.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? ""
        close()
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return .lost(line.isEmpty ? otherwise : line)
    }

    // MARK: Statements

    /// One statement; its parameters travel apart from it.
    func run(_ sql: String, _ parameters: [String?]) throws(SQLFailure) -> PostgresRows {
        let texts = parameters.map { $0.map { strdup($0) } ?? nil }
        defer { for text in texts { free(text) } }
        return try exchange { handle in
            PQsendQueryParams(
                handle, sql, Int32(clamping: texts.count), nil, texts.map { UnsafePointer($0) },
                nil, nil, 0)
        }
    }

    /// One or more statements in one message. Answers for the last; stops at the first error.
    @discardableResult
    func run(script: String) throws(SQLFailure) -> PostgresRows {
        try exchange { PQsendQuery($0, script) }
    }

    private func exchange(_ send: (OpaquePointer) -> Int32) throws(SQLFailure) -> PostgresRows {
        guard let handle, PQstatus(handle) == CONNECTION_OK else {
            throw .lost("the connection is closed")
        }
        // The server is to speak first, with its `statement_timeout`.
        let deadline = Deadline(after: settings.limits.statement + .seconds(5))
        guard send(handle) == 1 else { throw lostConnection("the statement could not be sent") }
        PQsetSingleRowMode(handle)
        var reading = ResultReading(limit: settings.limits.resultBytes)
        while true {
            try receive(handle, deadline)
            guard let result = PQgetResult(handle) else { break }
            defer { PQclear(result) }
            switch reading.take(result) {
            case .goOn: break
            case .cancel: cancel(handle)
            case .giveUp:
                close()
                throw .lost("COPY is not supported")
            }
        }
        if PQstatus(handle) != CONNECTION_OK {
            // What the server said in parting is worth more than libpq's note of its silence.
            let last = reading.failure
            let lost = lostConnection("the connection is gone")
            throw SQLFailure(
                kind: .connectionLost, state: last?.state,
                text: last?.state != nil ? last?.text ?? lost.text : lost.text)
        }
        return try reading.rows()
    }

    /// Returns when the next result is complete.
    private func receive(_ handle: OpaquePointer, _ deadline: Deadline) throws(SQLFailure) {
        var unsent = PQflush(handle)
        while PQisBusy(handle) == 1 || unsent == 1 {
            let events = POLLIN | (unsent == 1 ? POLLOUT : 0)
            switch wait(handle, Int16(events), deadline) {
            case .ready: break
            case .expired:
                close()
                throw .lost("no answer within \(settings.limits.statement) and 5 seconds")
            case .woken:
                switch interrupted() {
                case .none: break
                case .cancel: cancel(handle)
                case .close:
                    close()
                    throw .lost("the resource is being closed")
                }
            }
            guard PQconsumeInput(handle) == 1 else {
                // A result may have come before the connection went.
                if PQisBusy(handle) == 0 { return }
                throw lostConnection("the connection is gone")
            }
            unsent = PQflush(handle)
            if unsent < 0 { throw lostConnection("the statement could not be sent") }
        }
    }

    private func cancel(_ handle: OpaquePointer) {
        guard let request = PQgetCancel(handle) else { return }
        defer { PQfreeCancel(request) }
        var complaint: [CChar] = Array(repeating: 0, count: 256)
        // Where it fails, `statement_timeout` ends the statement.
        _ = PQcancel(request, &complaint, Int32(complaint.count))
    }

    // MARK: Waiting

    private enum Wait { case ready, expired, woken }

    private func wait(_ handle: OpaquePointer, _ events: Int16, _ deadline: Deadline) -> Wait {
        var descriptors = [
            pollfd(fd: PQsocket(handle), events: events, revents: 0),
            pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let left = deadline.milliseconds
            if left <= 0 { return .expired }
            let count = poll(&descriptors, 2, left)
            if count < 0, errno != EINTR { return .expired }
            if count <= 0 { continue }
            if descriptors[1].revents != 0 {
                wake.drain()
                return .woken
            }
            return .ready
        }
    }

    private struct Deadline {
        private let end: UInt64

        init(after duration: Duration) {
            let length = UInt64(clamping: duration.roundedUpMilliseconds)
            let (whole, overflow) = length.multipliedReportingOverflow(by: 1_000_000)
            let (end, late) = SystemTime().monotonicNanoseconds().addingReportingOverflow(whole)
            self.end = overflow || late ? .max : end
        }

        /// What is left, rounded up; 0 when it is over.
        var milliseconds: Int32 {
            let now = SystemTime().monotonicNanoseconds()
            return now >= end ? 0 : Int32(clamping: (end - now) / 1_000_000 + 1)
        }
    }
}
