/// Unaligned little-endian numbers in raw bytes. Out of bounds is the caller's defect: lengths that
/// come from disk are checked before these are called.
extension UnsafeRawBufferPointer {
    package func load<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at offset: Int) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    package func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
}

extension UnsafeRawBufferPointer {
    /// The part that begins at `offset` and has `count` bytes.
    package func slice(at offset: Int, count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[offset..<(offset + count)])
    }

    /// The index of the first byte at or after `offset` that is not zero; nil when there is none.
    package func firstNonZero(from offset: Int) -> Int? {
        var at = offset
        while at + 8 <= count, loadUnaligned(fromByteOffset: at, as: UInt64.self) == 0 { at += 8 }
        while at < count {
            if self[at] != 0 { return at }
            at += 1
        }
        return nil
    }
}
