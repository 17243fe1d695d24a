public import Model

extension TransactionRecord {
    /// Reads one record. Unknown fields are passed over. Throws `undecodable` for bytes that are not
    /// a record, and `journalVersion` for one that a later version wrote; never traps.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(RepriseError) {
        let fields: Fields
        do {
            fields = try Fields(bytes)
        } catch {
            // A later version may have other required fields.
            guard Fields.version(of: bytes) > TransactionRecord.currentVersion else {
                throw RepriseError(
                    .undecodable,
                    "The bytes are not a transaction's record of reprise.v1 (schemas/proto).")
            }
            throw RepriseError(
                .journalVersion,
                "A transaction's record is of a version that this one cannot read. Start the "
                    + "version that wrote it.")
        }
        guard fields.version <= TransactionRecord.currentVersion, let step = fields.step else {
            throw RepriseError(
                .journalVersion,
                "A record of transaction \(fields.transaction) is of version \(fields.version), "
                    + "which this version cannot read. Start the version that wrote it.")
        }
        self.init(
            step, fields.transaction, time: fields.time, outline: fields.outline,
            reason: fields.reason, version: fields.version)
    }

    public init(decoding bytes: [UInt8]) throws(RepriseError) {
        // A closure's typed throw does not cross `withUnsafeBytes`; the result does.
        let result = bytes.withUnsafeBytes { buffer -> Result<TransactionRecord, RepriseError> in
            do throws(RepriseError) {
                return .success(try TransactionRecord(decoding: buffer))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private struct Fields {
        var transaction: TransactionID
        var step: Step?
        var time = Timestamp.zero
        var outline = Outline()
        var reason = ""
        var version: UInt32 = 1
        var hasStep = false

        init(_ bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
            var id: TransactionID?
            var reader = ProtobufReader(bytes)
            while let field = try reader.next() {
                switch field.number {
                case 1: id = TransactionID(uuid: try SessionID(networkOrder: field.slice))
                case 2:
                    let number = try field.unsigned32
                    hasStep = number != 0
                    step = Step(rawValue: number)
                case 3: time = Timestamp(milliseconds: try field.signed)
                case 4:
                    let number = try field.unsigned32
                    outline.asked = number == 0 ? nil : number
                case 5: outline.branches.append(try BranchReference(decoding: field.slice))
                case 6: outline.actions.append(try DurableAction(decoding: field.slice))
                case 7: outline.messages.append(try OutboxMessage(decoding: field.slice))
                case 8: outline.headers.append(try Header(decoding: field.slice))
                case 9: reason = try field.text
                case 10: version = max(1, try field.unsigned32)
                case 11: outline.participants.append(try field.text)
                case 12: outline.finish = try DurableAction(decoding: field.slice)
                default: break
                }
            }
            guard let id, hasStep else { throw .init() }
            transaction = id
        }

        /// 0 where it cannot be told.
        static func version(of bytes: UnsafeRawBufferPointer) -> UInt32 {
            var version: UInt32 = 0
            var reader = ProtobufReader(bytes)
            while let field = try? reader.next() {
                if field.number == 10, let number = try? field.unsigned32 { version = number }
            }
            return version
        }
    }
}

extension BranchReference {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init(number: 0, resource: "")
        var xid = ""
        var address = ""
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: number = try field.unsigned32
            case 2: resource = try field.text
            case 3: heuristic = try .init(wireValue: field.unsigned32)
            case 4: xid = try field.text
            case 5: address = try field.text
            case 6: part = try RemotePart(decoding: field.slice)
            default: break
            }
        }
        guard !xid.isEmpty else { return }
        // Without it nobody could be asked for the outcome.
        guard let xid = Xid(text: xid) else { throw .init() }
        superior = Superior(xid: xid, address: address)
    }
}

extension RemotePart {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        var journal: UInt64 = 0
        var transaction: TransactionID?
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: journal = try field.fixed
            case 2: transaction = TransactionID(uuid: try SessionID(networkOrder: field.slice))
            default: break
            }
        }
        // Without both, a commit could come to a process that does not have it and pass for done.
        guard let transaction else { throw .init() }
        self.init(journal: journal, transaction: transaction)
    }
}

extension DurableAction {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init(session: Event.noSession, kind: Kind(unchecked: ""), record: nil)
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: session = try SessionID(networkOrder: field.slice)
            case 2: partition = try field.unsigned32
            case 3: kind = Kind(unchecked: try field.text)
            case 4: record = try field.bytes
            case 5: headers.append(try Header(decoding: field.slice))
            case 6: lease = try field.signed
            case 7: trigger = try field.flag ? .rollback : .commit
            default: break
            }
        }
        guard session != Event.noSession else { throw .init() }
    }
}

extension OutboxMessage {
    init(decoding bytes: UnsafeRawBufferPointer) throws(ProtobufReader.Malformed) {
        self.init(topic: "", key: nil, value: nil)
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: topic = try field.text
            case 2: key = try field.bytes
            case 3: value = try field.bytes
            case 4: headers.append(try Header(decoding: field.slice))
            default: break
            }
        }
    }
}
