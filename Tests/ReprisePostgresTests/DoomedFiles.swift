import Glibc
import Model
import Platform
import Synchronization
import Transactions

/// The operating system's files, for a process that is to die at the record of a decision.
final class DoomedFiles: FileSystem {
    enum Moment: Sendable {
        case beforeWrite, afterWrite, afterSync
    }

    private let real = RealFileSystem()
    private let moment: Moment?
    /// The bytes of the transaction's id, once it is about to be decided on.
    fileprivate let decided = Mutex<[UInt8]?>(nil)

    /// - Parameter moment: nil never dies.
    init(dyingAt moment: Moment?) {
        self.moment = moment
    }

    /// From now on a record that names the transaction is the decision.
    func watch(_ id: TransactionID) {
        let bytes = [id.uuid.high, id.uuid.low].flatMap { half in
            withUnsafeBytes(of: half.bigEndian) { Array($0) }
        }
        decided.withLock { $0 = bytes }
    }

    fileprivate func reached(_ moment: Moment) {
        if moment == self.moment { kill(getpid(), SIGKILL) }
    }

    func open(_ path: String, _ mode: OpenMode) throws(RepriseError) -> any File {
        DoomedFile(try real.open(path, mode), of: self)
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

private final class DoomedFile: File {
    private let file: any File
    private let files: DoomedFiles
    private let hasDecision = Atomic(false)

    init(_ file: any File, of files: DoomedFiles) {
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
        let isDecision = files.decided.withLock { $0 }.map { contains($0, bytes) } ?? false
        if isDecision { files.reached(.beforeWrite) }
        try file.write(bytes, at: offset)
        if isDecision {
            hasDecision.store(true, ordering: .relaxed)
            files.reached(.afterWrite)
        }
    }

    func datasync() throws(RepriseError) {
        try file.datasync()
        if hasDecision.load(ordering: .relaxed) { files.reached(.afterSync) }
    }

    private func contains(_ id: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= id.count else { return false }
        return (0...(bytes.count - id.count)).contains { start in
            bytes[start] == id[0] && bytes[start..<(start + id.count)].elementsEqual(id)
        }
    }
}
