package import Model

/// Limits of a log. A log may be opened with other options than it was made with.
package struct LogOptions: Sendable {
    /// Bytes of a new segment. Default 64 MiB.
    package var segmentBytes = 64 << 20
    /// Bytes of all segments together, the spare ones included. Default 16 GiB.
    package var maxBytes = 16 << 30
    /// Bytes that one forced write carries at most; also bounds a frame. Default 1 MiB.
    package var maxBatchBytes = 1 << 20
    /// Bytes waiting to be written above which `waitForRoom` waits. Default 4 MiB.
    package var bufferBytes = 4 << 20
    /// Bytes waiting to be written above which `append` refuses with `journalBusy`. Default 32 MiB.
    package var maxBufferBytes = 32 << 20
    /// Bytes that only appends with `.reserve` may use. Default a quarter of a segment.
    package var reserveBytes: Int { segmentBytes / 4 }
    /// Segments that are kept ready ahead. Default 2.
    package var spareSegments = 2
    /// How long lazy frames wait for company. Default 10 ms.
    package var lazyWait: Milliseconds = 10

    package init() {}

    func check() throws(RepriseError) {
        func require(_ holds: Bool, _ rule: String) throws(RepriseError) {
            if !holds {
                throw RepriseError(.configuration, "The journal's options do not fit: \(rule).")
            }
        }
        try require(maxBatchBytes >= 512, "a batch takes at least 512 bytes")
        try require(
            maxBatchBytes <= Format.maxBatchBytes,
            "a batch takes at most \(Format.maxBatchBytes) bytes")
        try require(
            segmentBytes >= 2 * (Format.headerBytes + maxBatchBytes),
            "a segment holds at least two batches")
        try require(
            segmentBytes <= Format.maxSegmentBytes,
            "a segment has at most \(Format.maxSegmentBytes) bytes")
        try require(lazyWait >= 0, "lazy frames wait for no less than nothing")
        try require(spareSegments >= 1, "one spare segment is always kept ready")
        try require(
            maxBytes / segmentBytes >= 1 + spareSegments,
            "all bytes hold the current segment and the spare ones")
        try require(
            bufferBytes > 0 && maxBufferBytes >= max(bufferBytes, maxBatchBytes),
            "the buffer's bound is at least its soft bound and a batch")
    }
}

/// How much room an append may use.
package enum SpaceClass: Sendable {
    /// Refused with `diskFull` when only the reserve is left.
    case normal
    /// May use the reserve: what finishes work and so frees space.
    case reserve
}
