internal import Kafka
internal import Model

/// The origins of a batch's messages: most come from few writers, so the last one read is kept.
struct OriginCache {
    private var bytes: [UInt8] = []
    private var writer = Writer.nobody

    /// Reads `Origin.text`; nobody's where it is none.
    mutating func origin(_ text: UnsafeRawBufferPointer) -> Origin {
        let slash = UInt8(ascii: "/")
        var slashes = 0
        var end = text.count
        for (index, byte) in text.enumerated() where byte == slash {
            slashes += 1
            if slashes == 3 { end = index }
        }
        let writer = self.writer(UnsafeRawBufferPointer(rebasing: text[..<end]))
        guard slashes == 3, writer.journal != 0 else { return Origin(writer: writer) }
        let digits = UnsafeRawBufferPointer(rebasing: text[(end + 1)...])
        return Origin(writer: writer, sequence: OriginCache.decimal(digits))
    }

    private mutating func writer(_ text: UnsafeRawBufferPointer) -> Writer {
        if bytes.elementsEqual(text) { return writer }
        bytes = Array(text)
        writer = Writer(text: String(decoding: text, as: UTF8.self)) ?? .nobody
        return writer
    }

    private static func decimal(_ digits: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(String(decoding: digits, as: UTF8.self)) ?? 0
    }
}

extension PartitionMessage {
    /// Copies what the fold needs out of librdkafka's message.
    init(_ message: KafkaMessage, _ origins: inout OriginCache) {
        var origin = Origin(writer: .nobody)
        var isBatch = false
        if let text = message.header(WireHeader.origin) { origin = origins.origin(text) }
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
        guard message.header(WireHeader.origin) == nil else { return [] }
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
}
