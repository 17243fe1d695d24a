public import Model

/// How a transaction ended, for everybody who wants to know: the value of a message in the
/// transactions topic (`reprise.v1.TransactionOutcome`). It comes at least once.
public struct TransactionOutcome: Sendable, Hashable {
    public enum Result: UInt32, Sendable, Hashable, CaseIterable {
        case committed = 1
        case rolledBack = 2
    }

    public var transaction: TransactionID
    public var result: Result
    /// When the outcome was written, by the coordinator's clock.
    public var time: Timestamp
    /// The coordinator's name.
    public var node: String
    /// The identity of its journal.
    public var journal: UInt64
    /// Names of the resources that took part, in the order of enlistment.
    public var branches: [String]
    /// Sessions that begin with this outcome.
    public var actions: [DurableAction]
    /// Trace context and causation.
    public var headers: [Header]
    /// Of a rollback, one line for people.
    public var reason: String

    public init(
        transaction: TransactionID, result: Result, time: Timestamp, node: String,
        journal: UInt64, branches: [String] = [], actions: [DurableAction] = [],
        headers: [Header] = [], reason: String = ""
    ) {
        self.transaction = transaction
        self.result = result
        self.time = time
        self.node = node
        self.journal = journal
        self.branches = branches
        self.actions = actions
        self.headers = headers
        self.reason = reason
    }

    /// Nil for a record that makes no outcome known.
    public init?(_ record: TransactionRecord, writer: Writer) {
        guard let outcome = record.outcome else { return nil }
        let trigger: DurableAction.Trigger = outcome == .committed ? .commit : .rollback
        self.init(
            transaction: record.transaction,
            result: outcome == .committed ? .committed : .rolledBack, time: record.time,
            node: writer.node, journal: writer.journal, branches: record.outline.participants,
            actions: record.outline.actions.filter { $0.trigger == trigger },
            headers: record.outline.headers, reason: record.reason)
    }
}

// MARK: Protobuf

extension TransactionOutcome {
    /// The bytes of a `reprise.v1.TransactionOutcome`.
    public var encoded: [UInt8] {
        let size = encodedSize
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var writer = ProtobufWriter(UnsafeMutableRawBufferPointer(buffer))
            encode(to: &writer)
            count = size
        }
    }

    private var encodedSize: Int {
        var size = ProtobufSize.nested(1, length: 16)
        size += ProtobufSize.field(2, unsigned: UInt64(result.rawValue))
        size += ProtobufSize.field(3, signed: time.milliseconds)
        size += ProtobufSize.field(4, text: node)
        size += ProtobufSize.field(5, fixed: journal)
        for branch in branches { size += ProtobufSize.nested(6, length: branch.utf8.count) }
        for action in actions { size += ProtobufSize.nested(7, length: action.encodedSize) }
        for header in headers { size += ProtobufSize.nested(8, length: header.encodedSize) }
        size += ProtobufSize.field(9, text: reason)
        return size
    }

    private func encode(to writer: inout ProtobufWriter) {
        writer.identity(1, transaction.uuid)
        writer.field(2, unsigned: UInt64(result.rawValue))
        writer.field(3, signed: time.milliseconds)
        writer.field(4, text: node)
        writer.field(5, fixed: journal)
        for branch in branches { writer.field(6, present: Array(branch.utf8)) }
        for action in actions {
            writer.header(7, length: action.encodedSize)
            action.encode(to: &writer)
        }
        for header in headers {
            writer.header(8, length: header.encodedSize)
            header.encode(to: &writer)
        }
        writer.field(9, text: reason)
    }

    /// Reads the bytes of a message. Unknown fields are passed over.
    ///
    /// - Throws: `undecodable`; never traps.
    public init(decoding bytes: [UInt8]) throws(RepriseError) {
        let read = bytes.withUnsafeBytes { try? TransactionOutcome(fields: $0) }
        guard let read else {
            throw RepriseError(
                .undecodable,
                "The bytes are not a TransactionOutcome of reprise.v1 (schemas/proto).")
        }
        self = read
    }

    private init(fields bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init(
            transaction: TransactionID(uuid: Event.noSession), result: .committed, time: .zero,
            node: "", journal: 0)
        var reader = ProtobufReader(bytes)
        var result: Result?
        while let field = try reader.next() {
            switch field.number {
            case 1: transaction = TransactionID(uuid: try SessionID(networkOrder: field.slice))
            case 2: result = Result(rawValue: try field.unsigned32)
            case 3: time = Timestamp(milliseconds: try field.signed)
            case 4: node = try field.text
            case 5: journal = try field.fixed
            case 6: branches.append(try field.text)
            case 7: actions.append(try DurableAction(decoding: field.slice))
            case 8: headers.append(try Header(decoding: field.slice))
            case 9: reason = try field.text
            default: break
            }
        }
        guard let result, transaction.uuid != Event.noSession else { throw .init() }
        self.result = result
    }
}
