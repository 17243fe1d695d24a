internal import CRdKafka

/// The headers of one message to be produced. Empty again once the message was accepted; kept
/// when the queue was full, so that the same message can be offered again.
package struct KafkaHeaders: ~Copyable {
    private(set) var pointer: OpaquePointer?

    package init() {}

    deinit {
        if let pointer { rd_kafka_headers_destroy(pointer) }
    }

    /// Nothing was appended, or the message was accepted.
    package var isEmpty: Bool { pointer == nil }

    /// Names and values are copied. A nil value is a null value, which Kafka tells from an
    /// empty one.
    package mutating func append(_ name: StaticString, _ value: UnsafeRawBufferPointer?) {
        name.withUTF8Buffer { append(name: UnsafeRawBufferPointer($0), value) }
    }

    /// The text as UTF-8.
    package mutating func append(_ name: StaticString, _ text: String) {
        var text = text
        text.withUTF8 { append(name, UnsafeRawBufferPointer($0)) }
    }

    /// For names that a caller brought along. A name ends at its first NUL.
    package mutating func append(
        name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?
    ) {
        let headers = pointer ?? rd_kafka_headers_new(8)
        pointer = headers
        rd_kafka_header_add(
            headers, name.baseAddress?.assumingMemoryBound(to: CChar.self) ?? emptyName,
            name.count, value.map { $0.baseAddress ?? emptyBytes }, value?.count ?? 0)
    }

    mutating func accepted() {
        pointer = nil
    }

    /// For a message that is not offered again.
    package mutating func removeAll() {
        if let pointer { rd_kafka_headers_destroy(pointer) }
        pointer = nil
    }
}

/// librdkafka tells "empty" from "null" by the pointer alone, and an empty Swift buffer may have
/// none.
nonisolated(unsafe) let emptyBytes = UnsafeRawPointer(emptyStorage)
nonisolated(unsafe) let emptyName = UnsafePointer(emptyStorage)
// Never freed and never written to after this.
nonisolated(unsafe) private let emptyStorage: UnsafeMutablePointer<CChar> = {
    let storage = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    storage.pointee = 0
    return storage
}()
