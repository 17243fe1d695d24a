package import Model

/// Where a frame stands.
package struct FramePlace: Sendable, Hashable {
    package var lsn: LSN
    package var kind: UInt8
    package var segment: UInt64
    /// Of the frame's header in the segment's file, in bytes.
    package var offset: Int
    package var batchIndex: UInt16
}

/// Called with each frame; the bytes are valid during the call only.
package typealias FrameBody = (FramePlace, UnsafeRawBufferPointer) throws(RepriseError) -> Void

/// What a look at a whole journal found.
package struct LogReport: Sendable, Hashable {
    package var identity: UInt64 = 0
    /// Nothing was ever written: there is no journal here yet.
    package var isNew = false
    package var segments: [Segment] = []
    /// The first frame there is, and the number that the next one gets.
    package var first = LSN(1)
    package var next = LSN(1)
    package var tornTail: TornTail?
    /// Empty for a journal that can be opened.
    package var damage: [Damage] = []
    /// What interrupted steps left behind; removed when the journal is opened.
    package var leftovers: [String] = []
    /// Segments that are ready to be used, oldest first.
    package var spares: [Segment] = []
    /// The offset after the last frame, in the last of `segments`.
    package var endOffset = Format.headerBytes
    /// The first unused segment holds part of a batch that was never acknowledged, or another header
    /// than a clean one: so many bytes from its start are to be zeroed before it is used.
    package var spareRemains = 0

    package struct Segment: Sendable, Hashable {
        package var index: UInt64
        package var bytes: Int
        package var base: LSN
        package var frames: UInt64
        package var created: Timestamp
        package var name: String { Format.segmentName(index) }
    }

    /// A batch that a crash interrupted. Nobody was told that it is durable.
    package struct TornTail: Sendable, Hashable {
        package var file: String
        package var offset: Int
        /// From the offset to the end of the last remains of the batch.
        package var bytes: Int
    }

    /// Bytes that were durable once and cannot be read any more.
    package struct Damage: Sendable, Hashable {
        package var file: String
        package var offset: Int
        /// The frames that are lost; empty when even their numbers are not known.
        package var lost: Range<UInt64>
        package var detail: String

        package var error: RepriseError {
            let numbers =
                lost.isEmpty
                ? "" : "; frames \(lost.lowerBound) to \(lost.upperBound - 1) cannot be read"
            return RepriseError(
                .journalDamaged,
                "The journal is damaged at \(file), offset \(offset): \(detail)\(numbers). "
                    + "Nothing was changed. Restore the directory, or look at the damage with "
                    + "'reprise log verify' and mend it with 'reprise log repair'.")
        }
    }
}
