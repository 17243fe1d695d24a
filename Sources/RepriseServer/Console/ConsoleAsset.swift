internal import CConsole
internal import NIOCore

/// A file of the console. The files are in `Sources/CConsole/Assets` and part of the program: there is
/// nothing to install and nothing to find at run time.
struct ConsoleAsset: Sendable {
    /// Below `/console/`.
    var path: String
    var contentType: String
    var content: ByteBuffer
    /// A strong entity tag: another one as soon as a byte differs.
    var tag: String

    static let all: [String: ConsoleAsset] = {
        var found: [String: ConsoleAsset] = [:]
        var index = 0
        while let asset = reprise_console_asset_at(index)?.pointee {
            let content = ByteBuffer(
                bytes: UnsafeBufferPointer(start: asset.bytes, count: asset.size))
            let path = String(cString: asset.path)
            found[path] = ConsoleAsset(
                path: path, contentType: String(cString: asset.content_type), content: content,
                tag: tag(of: content))
            index += 1
        }
        return found
    }()

    /// FNV-1a in 64 bits, and the length: it tells versions apart, and need not withstand anybody.
    private static func tag(of content: ByteBuffer) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in content.readableBytesView { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "\"\(String(hash, radix: 16))-\(content.readableBytes)\""
    }
}
