internal import Glibc
package import Model
package import Platform
internal import Synchronization

/// Files in memory that behave as badly as files may: what was not synced is lost, torn or written
/// out of order by a power loss; any call can fail; the disk has an end. The same calls and the same
/// seed give the same run. Calls may come from several threads; only from one are they repeatable.
package final class SimulatedFileSystem: FileSystem {
    package enum Call: Sendable, Hashable, CaseIterable {
        case createDirectory, list, open, rename, remove, syncDirectory, lock
        case size, read, write, datasync
    }

    struct State: Sendable {
        var disk = SimulatedDisk()
        var locked: Set<String> = []
        var calls = 0
        var callsOf: [Call: Int] = [:]
        var powerGoesAtCall: Int?
        var isDead = false
        var faults: [Fault] = []
        var capacityBytes = Int.max
        var syncsNothing = false
    }

    struct Fault: Sendable {
        var call: Call
        var skip: Int
        var number: CInt
        var repeats: Bool
    }

    let state: Mutex<State>

    package init() {
        state = Mutex(State())
    }

    private init(_ disk: SimulatedDisk, capacityBytes: Int) {
        var state = State()
        state.disk = disk
        state.capacityBytes = capacityBytes
        self.state = Mutex(state)
    }

    // MARK: What goes wrong

    /// Calls made so far; a place for `powerGoes(atCall:)`.
    package var calls: Int { state.withLock { $0.calls } }

    package func calls(of call: Call) -> Int { state.withLock { $0.callsOf[call] ?? 0 } }

    /// The call with this number, counted from 0, and all after it fail; what it wrote may or may
    /// not be there after `crash`.
    package func powerGoes(atCall call: Int?) { state.withLock { $0.powerGoesAtCall = call } }

    package var hasPower: Bool { state.withLock { !$0.isDead } }

    /// After `skip` more calls of this sort the next one fails with EIO (or another errno), or all
    /// from there on.
    package func fail(
        _ call: Call, after skip: Int = 0, number: CInt = EIO, repeats: Bool = false
    ) {
        state.withLock {
            $0.faults.append(Fault(call: call, skip: skip, number: number, repeats: repeats))
        }
    }

    package func heal() { state.withLock { $0.faults = [] } }

    package func setCapacity(bytes: Int) { state.withLock { $0.capacityBytes = bytes } }

    /// A disk that says it has synced and has not: what a checker must be able to catch.
    package func pretendToSync() { state.withLock { $0.syncsNothing = true } }

    /// The world after a power loss. Everything that was opened here fails from now on.
    package func crash(using random: inout SimulatedRandom) -> SimulatedFileSystem {
        let (disk, capacity) = end()
        return SimulatedFileSystem(
            disk.afterPowerLoss(using: &random), capacityBytes: capacity)
    }

    /// The world after kill -9: the page cache survives, locks do not.
    package func kill() -> SimulatedFileSystem {
        let (disk, capacity) = end()
        return SimulatedFileSystem(disk, capacityBytes: capacity)
    }

    private func end() -> (SimulatedDisk, Int) {
        state.withLock { state in
            state.isDead = true
            return (state.disk, state.capacityBytes)
        }
    }

    // MARK: Looking at and changing files from outside

    package func contents(of path: String) -> [UInt8]? {
        state.withLock { state in
            state.disk.names[path].flatMap { state.disk.inodes[$0]?.cached }
        }
    }

    /// Replaces a file on disk and in the cache, as an accident or an operator would.
    package func place(_ bytes: [UInt8], at path: String) {
        state.withLock { state in
            let inode = state.disk.names[path] ?? state.disk.create(path)
            state.disk.inodes[inode] = SimulatedDisk.Inode(cached: bytes, durable: bytes)
            state.disk.syncNames(in: SimulatedDisk.parent(path))
        }
    }

    package func discard(_ path: String) {
        state.withLock { state in
            state.disk.change(.unlink(path))
            state.disk.syncNames(in: SimulatedDisk.parent(path))
        }
    }

    package var paths: [String] { state.withLock { $0.disk.names.keys.sorted() } }

    // MARK: FileSystem

    func perform<T: Sendable>(
        _ call: Call, _ path: String, _ body: (inout State) throws(RepriseError) -> T
    ) throws(RepriseError) -> T {
        try state.withLock { state throws(RepriseError) in
            defer { state.calls += 1 }
            if state.calls == state.powerGoesAtCall, !state.isDead {
                // The call's effect may have begun.
                _ = try body(&state)
                state.isDead = true
            }
            if state.isDead { throw systemError("reach", path, EIO) }
            state.callsOf[call, default: 0] += 1
            for index in state.faults.indices where state.faults[index].call == call {
                if state.faults[index].skip > 0 {
                    state.faults[index].skip -= 1
                } else {
                    let fault = state.faults[index]
                    if !fault.repeats { state.faults.remove(at: index) }
                    if call == .datasync, let inode = state.disk.names[path] {
                        state.disk.failSync(inode)
                    }
                    throw systemError("\(call)", path, fault.number)
                }
            }
            return try body(&state)
        }
    }

    package func createDirectory(_ path: String) throws(RepriseError) {
        try perform(.createDirectory, path) { state in
            _ = state.disk.directories.insert(path)
        }
    }

    package func list(_ directory: String) throws(RepriseError) -> [String] {
        try perform(.list, directory) { state in
            let prefix = directory + "/"
            let names = Array(state.disk.names.keys) + Array(state.disk.directories)
            let here = names.filter { $0.hasPrefix(prefix) }.map { name in
                String(name.dropFirst(prefix.count).prefix { $0 != "/" })
            }
            return Set(here).sorted()
        }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(RepriseError) -> any File {
        let inode = try perform(.open, path) { state throws(RepriseError) in
            if mode == .create { return state.disk.create(path) }
            guard let inode = state.disk.names[path] else {
                throw systemError("open", path, ENOENT)
            }
            return inode
        }
        return SimulatedFile(self, inode: inode, path: path)
    }

    package func rename(_ source: String, to target: String) throws(RepriseError) {
        try perform(.rename, source) { state throws(RepriseError) in
            guard let inode = state.disk.names[source] else {
                throw systemError("rename", source, ENOENT)
            }
            state.disk.change(.rename(source, target, inode))
        }
    }

    package func remove(_ path: String) throws(RepriseError) {
        try perform(.remove, path) { state throws(RepriseError) in
            guard state.disk.names[path] != nil else { throw systemError("remove", path, ENOENT) }
            state.disk.change(.unlink(path))
        }
    }

    package func syncDirectory(_ path: String) throws(RepriseError) {
        try perform(.syncDirectory, path) { $0.disk.syncNames(in: path) }
    }

    package func lock(_ path: String) throws(RepriseError) -> any FileLock {
        try perform(.lock, path) { state throws(RepriseError) in
            guard state.locked.insert(path).inserted else {
                throw systemError("lock", path, EWOULDBLOCK)
            }
            if state.disk.names[path] == nil { _ = state.disk.create(path) }
        }
        return SimulatedFileLock(self, path: path)
    }
}

private final class SimulatedFileLock: FileLock {
    private let fileSystem: SimulatedFileSystem
    private let path: String

    init(_ fileSystem: SimulatedFileSystem, path: String) {
        self.fileSystem = fileSystem
        self.path = path
    }

    deinit { fileSystem.state.withLock { _ = $0.locked.remove(path) } }
}
