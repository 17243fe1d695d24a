/// What is signed: `v1`, the time, the method and the target, a line each, and then the body, byte
/// by byte. No part can be mistaken for another: none of the lines can hold a line break.
struct SignedMessage {
    let head: [UInt8]
    let body: [UInt8]

    /// Nil where a line would not be one.
    init?(timestamp: Int64, method: String, target: String, body: [UInt8]) {
        guard method.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !method.isEmpty,
            target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !target.isEmpty
        else { return nil }
        head = Array("v1\n\(timestamp)\n\(method)\n\(target)\n".utf8)
        self.body = body
    }
}
