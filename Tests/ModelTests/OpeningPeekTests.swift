import Model
import Testing

@Suite struct OpeningPeekTests {
    private func opened(_ headers: [Header]) -> [UInt8] {
        let opening = Event.Opening(
            kind: Kind(unchecked: "user.create"), record: Array("record".utf8), headers: headers,
            lease: Timestamp(milliseconds: 2), time: Timestamp(milliseconds: 1))
        return Event(session: SessionID(high: 1, low: 2), sequence: 1, body: .opened(opening))
            .encoded
    }

    private func peek(_ bytes: some Sequence<UInt8>) -> (kinds: [String], headers: [Header]) {
        var kinds: [String] = []
        var headers: [Header] = []
        Array(bytes).withUnsafeBytes { bytes in
            OpeningPeek.read(bytes) {
                kinds.append(String(decoding: $0, as: UTF8.self))
            } header: { name, value in
                headers.append(
                    Header(
                        String(decoding: name, as: UTF8.self),
                        String(decoding: value, as: UTF8.self)))
            }
        }
        return (kinds, headers)
    }

    @Test func kindAndHeadersAreThoseOfTheEvent() {
        let headers = [Header("traceparent", "00-1"), Header("Baggage", ""), Header("x", "ÿ")]
        let found = peek(opened(headers))
        #expect(found.kinds == ["user.create"])
        #expect(found.headers == headers)
        #expect(peek(opened([])).headers == [])
    }

    @Test func bytesThatAreCutOffOrForeignEndTheReading() {
        let whole = opened([Header("traceparent", "00-1"), Header("tracestate", "a=b")])
        for count in whole.indices {
            let found = peek(whole.prefix(count))
            #expect(found.kinds.count <= 1)
            #expect(found.headers.count <= 2)
        }
        // Field 10 as a number, field 11 with a length beyond the end.
        #expect(peek([0x50, 0x01]).kinds == [])
        #expect(peek([0x5A, 0x7F, 0x0A]).headers == [])
    }
}
