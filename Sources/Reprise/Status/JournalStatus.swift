public import Model

/// The journal at a glance.
public struct JournalStatus: Sendable, Hashable {
    /// Bytes of its segments, the spare ones included.
    public var bytes: Int
    /// Bytes that they may have.
    public var maxBytes: Int
    /// Bytes of them that only what finishes work may use.
    public var reserveBytes: Int
    /// Bytes of what is not finished, about.
    public var liveBytes: Int
    /// Segments with frames.
    public var segments: Int
    /// New sessions are refused: only what finishes work may still be written.
    public var isDiskFull: Bool
    /// The number of the last frame that was appended.
    public var appended: UInt64
    /// The number of the last frame on disk.
    public var durable: UInt64
    /// Bytes written since the process began.
    public var writtenBytes: UInt64
    /// What a forced write took, in seconds.
    public var forcedWriteSeconds: HistogramSnapshot
    /// Frames that went to disk with one forced write.
    public var groupFrames: HistogramSnapshot
}
