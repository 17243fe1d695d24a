public import Model

/// What a request carries so that the process that answers it works in the caller's transaction: one
/// header, `TransactionContext.header`.
///
///     1;<branch>;<mode>;<milliseconds left>;<part or empty>;<address>
public struct TransactionContext: Sendable, Hashable {
    /// The name of the header.
    public static let header = "reprise-transaction"
    /// Of the answer: the part that the transaction has in the answering process, or `none`.
    public static let partHeader = "reprise-transaction-part"
    /// Bytes of the header's value.
    public static let maxBytes = 512
    public static let version = "1"

    /// What may be done.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        case writing = "w"
        /// This call may not write; others in the transaction may.
        case readingCall = "r"
        /// Nothing in the transaction may write.
        case readingTransaction = "R"
    }

    /// The branch that the answering process is: it names the coordinator's journal, the transaction
    /// and the participant's number in it.
    public var xid: Xid
    public var mode: Mode
    /// How long the transaction may still be active.
    public var timeLeft: Milliseconds
    /// The part that an earlier answer of the same process named: work that the process has lost
    /// since must not pass for work that is there.
    public var part: TransactionID?
    /// Where the coordinator answers how it decided.
    public var address: String

    public init(
        xid: Xid, mode: Mode, timeLeft: Milliseconds, part: TransactionID? = nil, address: String
    ) {
        self.xid = xid
        self.mode = mode
        self.timeLeft = timeLeft
        self.part = part
        self.address = address
    }

    /// The header's value.
    public var text: String {
        [
            TransactionContext.version, xid.description, mode.rawValue, "\(max(0, timeLeft))",
            part?.description ?? "", address,
        ].joined(separator: ";")
    }

    /// Reads the header's value.
    ///
    /// - Throws: `invalidRequest`: the work must not be done outside of the caller's transaction.
    public init(_ text: String) throws(RepriseError) {
        let bytes = text.utf8
        guard bytes.count <= TransactionContext.maxBytes,
            bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw TransactionContext.malformed("it is too long or has other characters") }
        let fields = text.split(
            separator: ";", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.first.map(String.init) == TransactionContext.version else {
            throw TransactionContext.malformed("it is of a version that this process cannot read")
        }
        guard fields.count == 6, let xid = Xid(text: fields[1]), xid.own != nil,
            let mode = Mode(rawValue: String(fields[2])), let timeLeft = Int64(fields[3]),
            (0...86_400_000).contains(timeLeft), !fields[5].isEmpty
        else { throw TransactionContext.malformed("its fields are not as they should be") }
        var part: TransactionID?
        if !fields[4].isEmpty {
            part = TransactionID(text: fields[4])
            if part == nil { throw TransactionContext.malformed("its part is no UUID") }
        }
        self.init(
            xid: xid, mode: mode, timeLeft: timeLeft, part: part, address: String(fields[5]))
    }

    private static func malformed(_ why: String) -> RepriseError {
        RepriseError(
            .invalidRequest,
            "The request carries a transaction in \(header), and \(why). Nothing was done; use the "
                + "same version of Reprise on both sides.")
    }
}
