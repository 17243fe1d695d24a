package import Model

/// A message of the sessions topic, as much of it as the fold needs.
package struct PartitionMessage: Sendable {
    package var offset: Int64
    /// Who wrote it, and where in which journal it was before.
    package var origin: Origin
    /// The message's own time, for what cannot be read.
    package var time: Timestamp
    /// Whether the value holds several events, not one.
    package var isBatch: Bool
    /// Nil for a message without a value.
    package var value: [UInt8]?
    /// Kept with what cannot be read.
    package var headers: [Header]

    package init(
        offset: Int64, origin: Origin, time: Timestamp, isBatch: Bool, value: [UInt8]?,
        headers: [Header] = []
    ) {
        self.offset = offset
        self.origin = origin
        self.time = time
        self.isBatch = isBatch
        self.value = value
        self.headers = headers
    }

    var rawBytes: [UInt8] { value ?? [] }

    /// Each event with its index. What cannot be read is a failure, so that it is not lost.
    func forEachEvent(_ body: (Int, Result<Event, RepriseError>) -> Void) {
        guard let value else {
            // A tombstone is nobody's event; it says nothing.
            return
        }
        value.withUnsafeBytes { bytes in
            guard isBatch else {
                body(0, PartitionMessage.decode(bytes))
                return
            }
            var events: [(Int, Result<Event, RepriseError>)] = []
            do throws(RepriseError) {
                try EventBatch.forEach(in: bytes) { index, slice in
                    events.append((index, PartitionMessage.decode(slice)))
                }
                for (index, event) in events { body(index, event) }
            } catch {
                body(0, .failure(error))
            }
        }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) -> Result<Event, RepriseError> {
        do throws(RepriseError) {
            return .success(try Event(decoding: bytes))
        } catch {
            return .failure(error)
        }
    }
}
