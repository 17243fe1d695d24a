internal import Foundation
internal import Reprise

/// Times forced writes on the disk of a directory, on a file without a name, so that a journal beside
/// it never meets a stranger.
enum FlushTrial {
    private static let count = 32
    private static let blockBytes = 4_096
    /// `__O_TMPFILE`, which is the same on all machines; `O_DIRECTORY` is not.
    private static let unnamed: Int32 = 0o20_000_000 | O_DIRECTORY

    /// Throws `journalIO`.
    static func run(in directory: String) throws(RepriseError) -> [Duration] {
        let descriptor = try file(in: directory)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x52, count: blockBytes)
        // As in the journal: the space is there before, so that a flush writes data alone.
        for index in 0..<count { try write(block, index, descriptor, directory) }
        guard fsync(descriptor) == 0 else { throw failure("flush a file", directory) }
        var times: [Duration] = []
        let clock = ContinuousClock()
        for index in 0..<count {
            let start = clock.now
            try write(block, index, descriptor, directory)
            guard fdatasync(descriptor) == 0 else { throw failure("flush a file", directory) }
            times.append(clock.now - start)
        }
        return times
    }

    private static func write(
        _ block: [UInt8], _ index: Int, _ descriptor: Int32, _ directory: String
    ) throws(RepriseError) {
        guard pwrite(descriptor, block, block.count, off_t(index * block.count)) == block.count
        else { throw failure("write a file", directory) }
    }

    private static func file(in directory: String) throws(RepriseError) -> Int32 {
        let descriptor = open(directory, unnamed | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 { return descriptor }
        guard errno == EOPNOTSUPP || errno == EISDIR else {
            throw failure("make a file", directory)
        }
        // A file system that knows no unnamed files: one with a name for a moment, not in the
        // journal's own directory.
        let parent = URL(filePath: directory).deletingLastPathComponent()
        let path = parent.appending(path: ".reprise-doctor-\(UUID().uuidString)").path
        let named = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard named >= 0 else { throw failure("make a file", parent.path) }
        unlink(path)
        return named
    }

    private static func failure(_ what: String, _ directory: String) -> RepriseError {
        RepriseError(
            .journalIO, "Could not \(what) in \(directory).",
            cause: String(cString: strerror(errno)))
    }
}
