internal import CRdKafka
package import Model

/// Messages in the order in which they were read; of one partition in order of their offsets.
/// Valid during the call that hands it over.
package struct KafkaBatch: ~Copyable {
    private let messages: [UnsafePointer<rd_kafka_message_t>]

    init(_ messages: [UnsafePointer<rd_kafka_message_t>]) {
        self.messages = messages
    }

    package var count: Int { messages.count }

    package subscript(_ index: Int) -> KafkaMessage {
        KafkaMessage(message: messages[index])
    }

    package func forEach<Failure: Error>(
        _ body: (KafkaMessage) throws(Failure) -> Void
    ) throws(Failure) {
        for message in messages { try body(KafkaMessage(message: message)) }
    }
}

/// One message as librdkafka holds it: a view that must not outlive the batch.
package struct KafkaMessage {
    fileprivate let message: UnsafePointer<rd_kafka_message_t>

    package var partition: Int32 { message.pointee.partition }
    /// Where it stands in its partition; growing, with gaps.
    package var offset: Int64 { message.pointee.offset }

    /// Allocates a string: compare partitions instead where one topic is read.
    package var topic: String { String(cString: rd_kafka_topic_name(message.pointee.rkt)) }

    /// As the producer or the broker stamped it; nil when neither did.
    package var timestamp: Timestamp? {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &kind)
        return milliseconds < 0 ? nil : Timestamp(milliseconds: milliseconds)
    }

    /// nil for a message without a key.
    package var key: UnsafeRawBufferPointer? {
        KafkaMessage.bytes(message.pointee.key, message.pointee.key_len)
    }

    /// nil is a tombstone, which is data, not an error.
    package var value: UnsafeRawBufferPointer? {
        KafkaMessage.bytes(message.pointee.payload, message.pointee.len)
    }

    /// Parsed when asked for. In the order in which they were written; names may repeat.
    package func forEachHeader(
        _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void
    ) {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let headers
        else { return }
        var index = 0
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(headers, index, &name, &value, &size)
            == RD_KAFKA_RESP_ERR_NO_ERROR
        {
            let nameBytes = name.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
            body(
                nameBytes ?? UnsafeRawBufferPointer(start: nil, count: 0),
                value.map {
                    UnsafeRawBufferPointer(start: $0, count: size)
                })
            index += 1
        }
    }

    /// The value of the last header of this name; nil when there is none or it is null.
    package func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let headers
        else { return nil }
        var value: UnsafeRawPointer?
        var size = 0
        let found = name.withUTF8Buffer { bytes in
            // A static string's bytes end with a NUL.
            bytes.withMemoryRebound(to: CChar.self) {
                rd_kafka_header_get_last(headers, $0.baseAddress, &value, &size)
            }
        }
        guard found == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return KafkaMessage.bytes(value, size)
    }

    private static func bytes(
        _ pointer: UnsafeRawPointer?, _ count: Int
    ) -> UnsafeRawBufferPointer? {
        pointer.map { UnsafeRawBufferPointer(start: $0, count: count) }
    }

    private static func bytes(
        _ pointer: UnsafeMutableRawPointer?, _ count: Int
    ) -> UnsafeRawBufferPointer? {
        bytes(UnsafeRawPointer(pointer), count)
    }
}

// One function of the C library, not worth importing Glibc for.
private func strlen(_ text: UnsafePointer<CChar>) -> Int {
    var count = 0
    while text[count] != 0 { count += 1 }
    return count
}
