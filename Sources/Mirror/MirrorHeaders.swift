internal import Kafka
internal import Model

/// The headers of a mirrored event.
enum MirrorHeaders {
    static func fill(
        _ headers: inout KafkaHeaders, _ entry: MirrorMachine.Entry, origin: inout OriginText,
        payload: UnsafeRawBufferPointer
    ) {
        let type = entry.peek.knownType
        headers.append(WireHeader.type, type?.wireName ?? "unknown")
        origin.with(entry.number) { headers.append(WireHeader.origin, $0) }
        guard type == .opened else { return }
        // Read where it stands: an event made of the bytes would cost more than the message.
        OpeningPeek.read(payload) {
            headers.append(WireHeader.kind, $0)
        } header: { name, value in
            if isTraceContext(name) { headers.append(name: name, value) }
        }
    }

    static func fill(_ headers: inout KafkaHeaders, _ given: [Header]) {
        for header in given {
            var (name, value) = (header.name, header.value)
            name.withUTF8 { name in
                value.withUTF8 { value in
                    headers.append(
                        name: UnsafeRawBufferPointer(name), UnsafeRawBufferPointer(value))
                }
            }
        }
    }

    /// Trace context travels on every `opened`, so that a consumer can link without decoding.
    private static func isTraceContext(_ name: UnsafeRawBufferPointer) -> Bool {
        equals(name, "traceparent") || equals(name, "tracestate") || equals(name, "baggage")
    }

    /// Whatever the case of `name`.
    private static func equals(_ name: UnsafeRawBufferPointer, _ wanted: StaticString) -> Bool {
        guard name.count == wanted.utf8CodeUnitCount else { return false }
        for (index, byte) in name.enumerated() {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            guard (isUpper ? byte | 0x20 : byte) == wanted.utf8Start[index] else { return false }
        }
        return true
    }
}
