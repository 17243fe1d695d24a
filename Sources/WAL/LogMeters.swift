package import Model
internal import Platform
internal import Synchronization

/// What the log's writer has done, kept by its thread and read by others.
final class LogMeters: Sendable {
    private let forcedWrites = Histogram(bounds: HistogramSnapshot.seconds)
    private let groups = Histogram(bounds: HistogramSnapshot.counts)
    private let bytes = Atomic<UInt64>(0)

    /// One batch is on disk.
    func note(frames: Int, bytes: Int, nanoseconds: UInt64) {
        forcedWrites.record(Double(nanoseconds) / 1e9)
        groups.record(Double(frames))
        self.bytes.wrappingAdd(UInt64(bytes), ordering: .relaxed)
    }

    var statistics: LogStatistics {
        LogStatistics(
            forcedWriteSeconds: forcedWrites.snapshot, groupFrames: groups.snapshot,
            writtenBytes: bytes.load(ordering: .relaxed))
    }
}

/// What a log's writer has done since it was opened.
package struct LogStatistics: Sendable, Hashable {
    /// What writing and syncing a batch took.
    package var forcedWriteSeconds: HistogramSnapshot
    /// Frames that went to disk together.
    package var groupFrames: HistogramSnapshot
    /// Frames, their headers included.
    package var writtenBytes: UInt64
}
