internal import Platform

/// The 14 bytes before a payload.
///
///     0  u24  payload length
///     3  u8   kind, 1…255 (0: no frame here)
///     4  u32  CRC32C of bytes 0…3, 8…13 and the payload, begun with the segment's salt
///     8  u32  sequence number less the segment's base
///     12 u16  index in the batch that was written with it
struct Frame {
    var payloadBytes: Int
    var kind: UInt8
    var relative: UInt32
    var batchIndex: UInt16

    var bytes: Int { Format.frameHeaderBytes + payloadBytes }

    /// Writes length and kind; the rest is known when the batch is put together.
    static func begin(_ bytes: UnsafeMutableRawBufferPointer, kind: UInt8, payloadBytes: Int) {
        bytes.store(UInt32(payloadBytes) | UInt32(kind) << 24, at: 0)
    }

    /// The bytes of a frame begun earlier, header counted.
    static func length(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        Format.frameHeaderBytes + Int(bytes.load(UInt32.self, at: offset) & 0xFF_FFFF)
    }

    /// Completes the header of a frame that was begun in exactly these bytes.
    static func seal(
        _ bytes: UnsafeMutableRawBufferPointer, relative: UInt32, batchIndex: UInt16, salt: UInt32
    ) {
        bytes.store(relative, at: 8)
        bytes.store(batchIndex, at: 12)
        bytes.store(checksum(UnsafeRawBufferPointer(bytes), salt: salt), at: 4)
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, salt: UInt32) -> UInt32 {
        let head = crc32c(bytes.slice(at: 0, count: 4), continuing: salt)
        return crc32c(bytes.slice(at: 8, count: bytes.count - 8), continuing: head)
    }

    /// The frame at `offset` of a segment; nil where there is none that checks.
    static func read(_ segment: UnsafeRawBufferPointer, at offset: Int, salt: UInt32) -> Frame? {
        guard segment.count - offset >= Format.frameHeaderBytes else { return nil }
        let word = segment.load(UInt32.self, at: offset)
        let frame = Frame(
            payloadBytes: Int(word & 0xFF_FFFF), kind: UInt8(word >> 24),
            relative: segment.load(UInt32.self, at: offset + 8),
            batchIndex: segment.load(UInt16.self, at: offset + 12))
        guard frame.kind != 0, frame.payloadBytes <= Format.maxPayloadBytes,
            UInt32(frame.batchIndex) <= frame.relative,
            segment.count - offset >= frame.bytes
        else { return nil }
        let whole = segment.slice(at: offset, count: frame.bytes)
        guard checksum(whole, salt: salt) == segment.load(UInt32.self, at: offset + 4) else {
            return nil
        }
        return frame
    }
}
