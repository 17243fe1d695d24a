internal import CPlatform

/// CRC32C (Castagnoli) of bytes, continued from an earlier value; 0 begins a new one.
package func crc32c(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
    reprise_crc32c(crc, bytes.baseAddress, bytes.count)
}

/// The CRC32C of B continued from `crc`, where `before` is that of A and `whole` that of A and B
/// together: without looking at the `count` bytes of B.
package func crc32cPart(
    continuing crc: UInt32, before: UInt32, whole: UInt32, count: Int
) -> UInt32 {
    reprise_crc32c_part(crc, before, whole, count)
}

/// The same without the processor's instruction for it; the two are held to each other by a test.
package func portableCRC32C(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
    reprise_crc32c_portable(crc, bytes.baseAddress, bytes.count)
}
