internal import Model

/// The branches that a decision has still to commit, for whoever does it: the record of a session of
/// the kind `Kind.transactionFinish` (`reprise.v1.TransactionCommitList`).
public struct CommitList: Sendable, Hashable {
    public var transaction: TransactionID
    /// The identity of the coordinator's journal: part of the branches' names.
    public var journal: UInt64
    public var branches: [BranchReference]
    /// Bumped when a list means something that an older reader would misread.
    public var version: UInt32

    public static let currentVersion: UInt32 = 1

    public init(
        transaction: TransactionID, journal: UInt64, branches: [BranchReference],
        version: UInt32 = CommitList.currentVersion
    ) {
        self.transaction = transaction
        self.journal = journal
        self.branches = branches
        self.version = version
    }

    /// What the branch is called in its resource.
    public func xid(of branch: BranchReference) -> Xid {
        Xid(journal: journal, transaction: transaction, number: branch.number)
    }
}

// MARK: Protobuf

extension CommitList {
    /// The bytes of a `reprise.v1.TransactionCommitList`.
    public var encoded: [UInt8] {
        var size = ProtobufSize.nested(1, length: 16) + ProtobufSize.field(2, fixed: journal)
        for branch in branches { size += ProtobufSize.nested(3, length: branch.encodedSize) }
        size += ProtobufSize.field(4, unsigned: version == 1 ? 0 : UInt64(version))
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var writer = ProtobufWriter(UnsafeMutableRawBufferPointer(buffer))
            writer.identity(1, transaction.uuid)
            writer.field(2, fixed: journal)
            for branch in branches {
                writer.header(3, length: branch.encodedSize)
                branch.encode(to: &writer)
            }
            writer.field(4, unsigned: version == 1 ? 0 : UInt64(version))
            count = size
        }
    }

    /// Nil for bytes that are none, or that a later version wrote.
    public init?(decoding bytes: [UInt8]) {
        let list = bytes.withUnsafeBytes { CommitList(decoding: $0) }
        guard let list else { return nil }
        self = list
    }

    private init?(decoding bytes: UnsafeRawBufferPointer) {
        var id: TransactionID?
        var journal: UInt64 = 0
        var branches: [BranchReference] = []
        var version: UInt32 = 1
        var reader = ProtobufReader(bytes)
        do throws(ProtobufReader.Malformed) {
            while let field = try reader.next() {
                switch field.number {
                case 1: id = TransactionID(uuid: try SessionID(networkOrder: field.slice))
                case 2: journal = try field.fixed
                case 3: branches.append(try BranchReference(decoding: field.slice))
                case 4: version = max(1, try field.unsigned32)
                default: break
                }
            }
        } catch {
            return nil
        }
        guard let id, version <= CommitList.currentVersion else { return nil }
        self.init(transaction: id, journal: journal, branches: branches, version: version)
    }
}
