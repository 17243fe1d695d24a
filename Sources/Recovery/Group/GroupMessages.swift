internal import Kafka
internal import Model

/// The origins of a batch's messages: most come from few writers, so the last one read is kept.
struct OriginCache {
    private var bytes: [UInt8] = []
    private var writer = Writer.nobody

    mutating func writer(_ text: UnsafeRawBufferPointer) -> Writer {
        if bytes.elementsEqual(text) { return writer }
        bytes = Array(text)
        let string = String(decoding: text, as: UTF8.self)
        writer = Writer(text: string) ?? .nobody
        return writer
    }
}

extension PartitionMessage {
    /// Copies what the fold needs out of librdkafka's message.
    init(_ message: KafkaMessage, _ origins: inout OriginCache) {
        var origin = Origin(writer: .nobody)
        var isBatch = false
        if let writer = message.header(WireHeader.writer) {
            origin.writer = origins.writer(writer)
        }
        if let position = message.header(WireHeader.position), origin.writer.journal != 0 {
            origin.sequence = PartitionMessage.decimal(position)
        }
        if let type = message.header(WireHeader.type) {
            isBatch = type.elementsEqual(WireHeader.batch.utf8)
        }
        self.init(
            offset: message.offset, origin: origin, time: message.timestamp ?? .zero,
            isBatch: isBatch, value: message.value.map { Array($0) },
            headers: PartitionMessage.headers(message))
    }

    /// Only for messages that this reader did not write: the headers are kept with what cannot be
    /// read.
    private static func headers(_ message: KafkaMessage) -> [Header] {
        guard message.header(WireHeader.writer) == nil else { return [] }
        var headers: [Header] = []
        message.forEachHeader { name, value in
            guard headers.count < 32 else { return }
            headers.append(
                Header(
                    String(decoding: name, as: UTF8.self),
                    value.map { String(decoding: $0, as: UTF8.self) } ?? ""))
        }
        return headers
    }

    private static func decimal(_ digits: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(String(decoding: digits, as: UTF8.self)) ?? 0
    }
}
