internal import Glibc
internal import Model
internal import Platform

/// An open file of a `SimulatedFileSystem`. It stays with its bytes when the name changes.
final class SimulatedFile: File {
    private let fileSystem: SimulatedFileSystem
    private let inode: Int
    private let path: String

    init(_ fileSystem: SimulatedFileSystem, inode: Int, path: String) {
        self.fileSystem = fileSystem
        self.inode = inode
        self.path = path
    }

    func size() throws(RepriseError) -> Int {
        try fileSystem.perform(.size, path) { [inode] in
            $0.disk.inodes[inode]?.cached.count ?? 0
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(RepriseError)
        -> Int
    {
        let bytes = try fileSystem.perform(.read, path) { [inode, count = buffer.count] state in
            let bytes = state.disk.inodes[inode]?.cached ?? []
            return Array(bytes.dropFirst(offset).prefix(count))
        }
        buffer.copyBytes(from: bytes)
        return bytes.count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(RepriseError) {
        try fileSystem.perform(.write, path) { [inode, path] state throws(RepriseError) in
            let size = state.disk.inodes[inode]?.cached.count ?? 0
            let growth = max(0, offset + bytes.count - size)
            guard growth == 0 || state.disk.usedBytes + growth <= state.capacityBytes else {
                throw systemError("write", path, ENOSPC)
            }
            state.disk.write(Array(bytes), at: offset, of: inode)
        }
    }

    func datasync() throws(RepriseError) {
        try fileSystem.perform(.datasync, path) { [inode] state in
            if !state.syncsNothing { state.disk.sync(inode) }
        }
    }
}
