/// Several events in one message or frame: what only the recovery group writes (claims, results)
/// travels so, many sessions of one partition at once.
public enum EventBatch {
    /// Bytes that `encode` writes.
    public static func encodedSize(_ events: some Collection<Event>) -> Int {
        events.reduce(0) { $0 + ProtobufSize.nested(1, length: $1.encodedSize) }
    }

    /// Writes a protobuf `EventBatch` into `buffer`, which has `encodedSize` bytes.
    public static func encode(
        _ events: some Collection<Event>, into buffer: UnsafeMutableRawBufferPointer
    ) {
        var writer = ProtobufWriter(buffer)
        for event in events {
            writer.header(1, length: event.encodedSize)
            event.encode(to: &writer)
        }
    }

    /// The bytes of a protobuf `EventBatch`.
    public static func encoded(_ events: some Collection<Event>) -> [UInt8] {
        let size = encodedSize(events)
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            encode(events, into: UnsafeMutableRawBufferPointer(buffer))
            count = size
        }
    }

    /// Calls `body` with the index and the bytes of each event, so that one that cannot be read
    /// does not hide its neighbours. Throws `undecodable`, before any call, when the batch itself is
    /// not one or holds more than `Position.maxBatch` events.
    public static func forEach(
        in bytes: UnsafeRawBufferPointer,
        _ body: (Int, UnsafeRawBufferPointer) -> Void
    ) throws(RepriseError) {
        do {
            try visit(bytes) { _, _ in }
            try visit(bytes, body)
        } catch {
            throw RepriseError(
                .undecodable, "The bytes are not an EventBatch of reprise.v1 (schemas/proto).")
        }
    }

    private static func visit(
        _ bytes: UnsafeRawBufferPointer, _ body: (Int, UnsafeRawBufferPointer) -> Void
    ) throws(ProtobufReader.Malformed) {
        var reader = ProtobufReader(bytes)
        var index = 0
        while let field = try reader.next() {
            guard field.number == 1 else { continue }
            guard index < Position.maxBatch else { throw ProtobufReader.Malformed() }
            body(index, try field.slice)
            index += 1
        }
    }
}
