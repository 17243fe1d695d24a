package import Model

/// A message of an outbox that Kafka refused for good: its topic is missing, it is too large, or this
/// node may not write there. It is kept as a parked session of the kind `reprise.outbox`, whose
/// record is the message's value.
package struct RefusedMessage: Sendable {
    package var number: UInt64
    package var message: Announcement

    package init(number: UInt64, message: Announcement) {
        self.number = number
        self.message = message
    }

    package static let kind = Kind(unchecked: "reprise.outbox")

    package func events(_ error: RepriseError, writer: Writer, now: Timestamp) -> [Event] {
        // The same message gives the same id, so that it is parked once.
        let id = SessionID(
            high: writer.journal & 0xFFFF_FFFF_FFFF_0FFF | 0x8000,
            low: 0x8000_0000_0000_0000 | number & 0x3FFF_FFFF_FFFF_FFFF)
        var headers = message.headers
        headers.append(Header("reprise-topic", message.topic ?? ""))
        if let key = message.key {
            headers.append(Header("reprise-key", String(decoding: key, as: UTF8.self)))
        }
        // Nobody holds it: its lease is over when it begins.
        let opening = Event.Opening(
            kind: Self.kind, record: message.value, headers: headers, lease: now, time: now)
        let parking = Parking(reason: error.code, detail: error.message, time: now)
        return [
            Event(session: id, sequence: 1, body: .opened(opening)),
            Event(session: id, body: .parked(parking, token: .none)),
        ]
    }
}
