internal import Glibc
internal import Model

/// A small text file, read whole.
enum TextFile {
    private static let maxBytes = 4 << 20

    /// Throws `configuration` with the path and the reason.
    static func read(_ path: String) throws(RepriseError) -> String {
        func failure(_ reason: String) -> RepriseError {
            RepriseError(.configuration, "Cannot read \(path): \(reason).")
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes.append(contentsOf: part[..<count])
            guard bytes.count <= maxBytes else { throw failure("it is larger than 4 MiB") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure("it is not UTF-8 text")
        }
        return text
    }
}
