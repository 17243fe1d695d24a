public import Model

/// The name of a branch inside the resource that holds it (X/Open XA: format, global transaction id,
/// branch qualifier; each part at most 64 bytes).
///
/// Ours hold no names that people choose, so nothing in them has to be escaped: the identity of the
/// coordinator's journal and the transaction's id, then the branch's number.
public struct Xid: Sendable, Hashable {
    /// `RPRS`: branches of other formats are not ours to touch.
    public static let format: UInt32 = 0x5250_5253
    /// Bytes that each of the two parts may have.
    public static let maxPartBytes = 64
    private static let globalBytes = 24

    /// Says how the other parts are to be read.
    public let format: UInt32
    /// The same for all branches of a transaction.
    public let global: [UInt8]
    /// Tells the branches of a transaction apart.
    public let branch: [UInt8]

    /// - Throws: `xidInvalid` where a part is empty or longer than `maxPartBytes`.
    public init(format: UInt32, global: [UInt8], branch: [UInt8]) throws(RepriseError) {
        for part in [global, branch] {
            guard (1...Xid.maxPartBytes).contains(part.count) else {
                throw RepriseError(
                    .xidInvalid,
                    "A part of a branch's id has \(part.count) bytes; 1 to 64 are allowed.")
            }
        }
        self.format = format
        self.global = global
        self.branch = branch
    }

    /// The branch `number` of `transaction`, coordinated from the journal with this identity.
    public init(journal: UInt64, transaction: TransactionID, number: UInt32) {
        format = Xid.format
        let words = (
            journal.bigEndian, transaction.uuid.high.bigEndian, transaction.uuid.low.bigEndian
        )
        global = withUnsafeBytes(of: words) { Array($0) }
        branch = withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// Nil for a branch of somebody else's.
    public var own: (journal: UInt64, transaction: TransactionID, number: UInt32)? {
        guard format == Xid.format, global.count == Xid.globalBytes, branch.count == 4 else {
            return nil
        }
        let id = SessionID(high: Xid.number(global[8..<16]), low: Xid.number(global[16..<24]))
        return (
            Xid.number(global[0..<8]), TransactionID(uuid: id),
            UInt32(Xid.number(branch[0..<4]))
        )
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

// MARK: Text

extension Xid: CustomStringConvertible {
    /// `format_global_branch`, each in hexadecimal digits: what a resource that names its branches
    /// with text keeps.
    public var description: String {
        "\(String(format, radix: 16))_\(Xid.hex(global))_\(Xid.hex(branch))"
    }

    /// Reads `description`; nil where it is none.
    public init?(text: some StringProtocol) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, let format = UInt32(parts[0], radix: 16),
            let global = Xid.unhex(parts[1]), let branch = Xid.unhex(parts[2]),
            let xid = try? Xid(format: format, global: global, branch: branch)
        else { return nil }
        self = xid
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func unhex(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Character(Unicode.Scalar(digits[index])).hexDigitValue,
                let low = Character(Unicode.Scalar(digits[index + 1])).hexDigitValue
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
