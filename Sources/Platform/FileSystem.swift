package import Model

/// What the log needs of a file system, and no more. `RealFileSystem` is the operating system;
/// `SimulatedFileSystem` (tests) forgets, tears and reorders what was not synced.
///
/// Every call throws `diskFull` (ENOSPC, EDQUOT), `journalLocked` or `journalIO`, with the text of the
/// errno as the cause. Interrupted and partial calls are finished inside.
package protocol FileSystem: Sendable {
    /// Makes the directory, and those above it, durably; one that exists is left as it is.
    func createDirectory(_ path: String) throws(RepriseError)
    /// The names in a directory, sorted, without `.` and `..`.
    func list(_ directory: String) throws(RepriseError) -> [String]
    func open(_ path: String, _ mode: OpenMode) throws(RepriseError) -> any File
    /// Replaces what is at `target`. Durable when the directories have been synced.
    func rename(_ source: String, to target: String) throws(RepriseError)
    func remove(_ path: String) throws(RepriseError)
    /// When it returns, the names in the directory are durable.
    func syncDirectory(_ path: String) throws(RepriseError)
    /// Creates the file where it is missing and locks it for this process until the result is
    /// released. Throws `journalLocked` where somebody else has it.
    func lock(_ path: String) throws(RepriseError) -> any FileLock
}

package enum OpenMode: Sendable {
    case read
    case readWrite
    /// Makes a new, empty file; one that exists is emptied.
    case create
}

/// An open file; closed when the last reference goes. Offsets and counts are in bytes.
package protocol File: AnyObject, Sendable {
    func size() throws(RepriseError) -> Int
    /// Fills `buffer` from `offset`; returns fewer bytes only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(RepriseError)
        -> Int
    /// Writes all of `bytes`. Durable when a later `datasync` has returned.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(RepriseError)
    /// When it returns, all bytes written before are durable, and so is the size. After an error
    /// nothing is known about any of them: do not retry.
    func datasync() throws(RepriseError)
}

/// Held as long as it is referenced.
package protocol FileLock: AnyObject, Sendable {}

extension File {
    /// Writes `count` zero bytes from `offset`, in pieces.
    package func writeZeros(at offset: Int, count: Int) throws(RepriseError) {
        let piece = min(count, 1 << 20)
        let zeros = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(piece, 1), alignment: 4096)
        defer { zeros.deallocate() }
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        var done = 0
        while done < count {
            let part = min(piece, count - done)
            try write(UnsafeRawBufferPointer(zeros).slice(at: 0, count: part), at: offset + done)
            done += part
        }
    }

    /// The file's bytes from `offset`, at most `limit`.
    package func readBytes(at offset: Int = 0, limit: Int) throws(RepriseError) -> [UInt8] {
        let count = max(0, min(limit, try size() - offset))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 16)
        defer { buffer.deallocate() }
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<count])
        let got = try read(into: part, at: offset)
        return Array(buffer[0..<got])
    }
}
