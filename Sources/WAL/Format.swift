package import Model
internal import Platform

/// The bytes on disk, as `schemas/journal-format.md` gives them. Little-endian everywhere.
package enum Format {
    package static let version: UInt16 = 1
    package static let headerBytes = 64
    package static let frameHeaderBytes = 14
    package static let identityBytes = 32
    /// What a length in a frame header can say is more; a reader takes no longer frame than this.
    package static let maxBatchBytes = 4 << 20
    package static let maxPayloadBytes = maxBatchBytes - frameHeaderBytes
    package static let maxSegmentBytes = 1 << 30
    /// Frames in a batch: their index has 16 bits.
    package static let maxBatchFrames = 1 << 16

    package static let segmentMagic: UInt64 = 0x4745_5353_5250_4552  // "REPRSSEG"
    package static let identityMagic: UInt64 = 0x4C4E_4A53_5250_4552  // "REPRSJNL"

    package static let lockName = "LOCK"
    package static let identityName = "JOURNAL"
    package static let repairName = "REPAIR"
    package static let temporarySuffix = ".tmp"
    package static let segmentSuffix = ".seg"
    package static let damagedPrefix = "damaged-"
    /// Not the log's: what a node remembers beside it.
    package static let pausesName = "paused-kinds"
    package static let modeName = "recovered-by"

    static func isNeighbour(_ name: String) -> Bool {
        [pausesName, modeName].contains { name == $0 || name == $0 + replacementSuffix }
    }

    /// The name of a segment's file: ten digits, more when ten are used up.
    package static func segmentName(_ index: UInt64) -> String {
        let digits = String(index)
        return String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits
            + segmentSuffix
    }

    /// The index in a segment's name; nil for any other name.
    package static func segmentIndex(_ name: String) -> UInt64? {
        guard name.hasSuffix(segmentSuffix) else { return nil }
        let digits = name.dropLast(segmentSuffix.count)
        guard digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let index = UInt64(digits), index > 0, segmentName(index) == name
        else { return nil }
        return index
    }

    /// What every checksum of the segment begins with. It follows from the journal and the index,
    /// which no two uses of a file share: bytes left over from an earlier use never check, and frames
    /// are still recognised where the header is destroyed.
    package static func salt(identity: UInt64, index: UInt64) -> UInt32 {
        withUnsafeBytes(of: (identity.littleEndian, index.littleEndian)) { crc32c($0) }
    }
}

/// The first 64 bytes of a segment, written together with the first batch that goes there.
package struct SegmentHeader: Sendable, Hashable {
    package var identity: UInt64
    package var index: UInt64
    /// The sequence number of its first frame.
    package var base: LSN
    package var created: Timestamp
    /// The number after the last frame before it. Less than the base where a repair left numbers out.
    package var follows: LSN

    package var salt: UInt32 { Format.salt(identity: identity, index: index) }

    package init(
        identity: UInt64, index: UInt64, base: LSN, follows: LSN? = nil, created: Timestamp
    ) {
        self.identity = identity
        self.index = index
        self.base = base
        self.follows = follows ?? base
        self.created = created
    }

    package func encode(into bytes: UnsafeMutableRawBufferPointer) {
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes.store(Format.segmentMagic, at: 0)
        bytes.store(Format.version, at: 8)
        bytes.store(salt, at: 12)
        bytes.store(identity, at: 16)
        bytes.store(index, at: 24)
        bytes.store(base.rawValue, at: 32)
        bytes.store(follows.rawValue, at: 40)
        bytes.store(created.milliseconds, at: 48)
        bytes.store(crc32c(UnsafeRawBufferPointer(bytes).slice(at: 0, count: 60)), at: 60)
    }

    /// What the first bytes of a segment say.
    package enum Reading: Sendable, Hashable {
        case header(SegmentHeader)
        case zeros
        /// A version that is not known here; its checksum holds.
        case version(UInt16)
        case unreadable
    }

    package static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        guard bytes.count >= Format.headerBytes else { return .unreadable }
        let head = bytes.slice(at: 0, count: Format.headerBytes)
        if head.firstNonZero(from: 0) == nil { return .zeros }
        guard head.load(UInt64.self, at: 0) == Format.segmentMagic,
            head.load(UInt32.self, at: 60) == crc32c(head.slice(at: 0, count: 60))
        else { return .unreadable }
        let version = head.load(UInt16.self, at: 8)
        guard version == Format.version else { return .version(version) }
        let header = SegmentHeader(
            identity: head.load(UInt64.self, at: 16), index: head.load(UInt64.self, at: 24),
            base: LSN(head.load(UInt64.self, at: 32)),
            follows: LSN(head.load(UInt64.self, at: 40)),
            created: Timestamp(milliseconds: head.load(Int64.self, at: 48)))
        // Numbers near the end of their range would overflow later; no journal gets there.
        guard header.base > .zero, header.base.rawValue < 1 << 62, header.follows <= header.base,
            head.load(UInt32.self, at: 12) == header.salt
        else { return .unreadable }
        return .header(header)
    }
}
