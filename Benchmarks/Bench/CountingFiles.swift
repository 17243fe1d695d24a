import Model
import Platform
import Synchronization

/// The operating system's files, with a count of the forced writes.
final class CountingFiles: FileSystem {
    private let real = RealFileSystem()
    fileprivate let syncs = Atomic(0)

    var forcedWrites: Int { syncs.load(ordering: .relaxed) }

    func open(_ path: String, _ mode: OpenMode) throws(RepriseError) -> any File {
        CountedFile(try real.open(path, mode), of: self)
    }

    func createDirectory(_ path: String) throws(RepriseError) { try real.createDirectory(path) }
    func list(_ directory: String) throws(RepriseError) -> [String] { try real.list(directory) }
    func remove(_ path: String) throws(RepriseError) { try real.remove(path) }
    func syncDirectory(_ path: String) throws(RepriseError) { try real.syncDirectory(path) }
    func lock(_ path: String) throws(RepriseError) -> any FileLock { try real.lock(path) }

    func rename(_ source: String, to target: String) throws(RepriseError) {
        try real.rename(source, to: target)
    }
}

private final class CountedFile: File {
    private let file: any File
    private let files: CountingFiles

    init(_ file: any File, of files: CountingFiles) {
        self.file = file
        self.files = files
    }

    func size() throws(RepriseError) -> Int { try file.size() }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(RepriseError) -> Int {
        try file.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(RepriseError) {
        try file.write(bytes, at: offset)
    }

    func datasync() throws(RepriseError) {
        files.syncs.add(1, ordering: .relaxed)
        try file.datasync()
    }
}
