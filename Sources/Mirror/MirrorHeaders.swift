internal import Kafka
internal import Model

/// The headers of a mirrored event.
enum MirrorHeaders {
    static func fill(
        _ headers: inout KafkaHeaders, _ entry: MirrorMachine.Entry, writer: [UInt8],
        payload: UnsafeRawBufferPointer
    ) {
        let type = entry.peek.knownType
        headers.append(WireHeader.type, type?.wireName ?? "unknown")
        headers.append(WireHeader.sequence, decimal: entry.peek.sequence)
        writer.withUnsafeBytes { headers.append(WireHeader.writer, $0) }
        headers.append(WireHeader.position, decimal: entry.sequence)
        guard type == .opened else { return }
        // Read where it stands: an event made of the bytes would cost more than the message.
        OpeningPeek.read(payload) {
            headers.append(WireHeader.kind, $0)
        } header: { name, value in
            if isTraceContext(name) { headers.append(name: name, value) }
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

extension KafkaHeaders {
    /// Decimal digits, written without a string.
    mutating func append(_ name: StaticString, decimal value: UInt64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = value
            var start = 20
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            append(name, UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: digits[start...])))
        }
    }
}
