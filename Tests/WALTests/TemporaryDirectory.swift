import Glibc
import Model
import Platform

/// A directory of the real file system that goes away with the last reference.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/reprise-wal-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw systemError("make a temporary directory", "/tmp", errno)
        }
        path = template.withUnsafeBytes { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    deinit { TemporaryDirectory.remove(path) }

    private static func remove(_ path: String) {
        let names = (try? RealFileSystem().list(path)) ?? []
        for name in names {
            let inner = path + "/" + name
            if unlink(inner) != 0 { remove(inner) }
        }
        rmdir(path)
    }
}
