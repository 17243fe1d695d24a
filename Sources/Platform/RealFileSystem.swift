internal import CPlatform
internal import Glibc
package import Model

/// The operating system's files.
package struct RealFileSystem: FileSystem {
    package init() {}

    package func createDirectory(_ path: String) throws(RepriseError) {
        if mkdir(path, 0o750) == 0 { return try syncDirectory(parent(of: path)) }
        if errno == EEXIST { return }
        guard errno == ENOENT, path.contains("/") else {
            throw systemError("create the directory", path, errno)
        }
        try createDirectory(parent(of: path))
        if mkdir(path, 0o750) != 0, errno != EEXIST {
            throw systemError("create the directory", path, errno)
        }
        try syncDirectory(parent(of: path))
    }

    private func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    package func list(_ directory: String) throws(RepriseError) -> [String] {
        guard let stream = opendir(directory) else {
            throw systemError("list the directory", directory, errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        if errno != 0 { throw systemError("list the directory", directory, errno) }
        return names.sorted()
    }

    package func open(_ path: String, _ mode: OpenMode) throws(RepriseError) -> any File {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .create: O_RDWR | O_CREAT | O_TRUNC
            }
        let descriptor = retrying { Glibc.open(path, flags | O_CLOEXEC, 0o640) }
        guard descriptor >= 0 else { throw systemError("open", path, errno) }
        return RealFile(descriptor: descriptor, path: path)
    }

    package func rename(_ source: String, to target: String) throws(RepriseError) {
        if Glibc.rename(source, target) != 0 { throw systemError("rename", source, errno) }
    }

    package func remove(_ path: String) throws(RepriseError) {
        if unlink(path) != 0 { throw systemError("remove", path, errno) }
    }

    package func syncDirectory(_ path: String) throws(RepriseError) {
        let descriptor = retrying { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw systemError("open the directory", path, errno) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw systemError("sync the directory", path, errno) }
    }

    package func lock(_ path: String) throws(RepriseError) -> any FileLock {
        let descriptor = retrying { Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640) }
        guard descriptor >= 0 else { throw systemError("open", path, errno) }
        if retrying({ reprise_lock_exclusive(descriptor) }) != 0 {
            let failure = errno
            close(descriptor)
            throw systemError("lock", path, failure)
        }
        return RealFileLock(descriptor: descriptor)
    }
}

private final class RealFileLock: FileLock {
    private let descriptor: CInt

    init(descriptor: CInt) { self.descriptor = descriptor }
    deinit { close(descriptor) }
}

private final class RealFile: File {
    private let descriptor: CInt
    private let path: String

    init(descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func size() throws(RepriseError) -> Int {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw systemError("measure", path, errno) }
        return Int(status.st_size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(RepriseError)
        -> Int
    {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = retrying { pread(descriptor, rest.baseAddress, rest.count, offset + done) }
            if count < 0 { throw systemError("read", path, errno) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(RepriseError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = retrying { pwrite(descriptor, rest.baseAddress, rest.count, offset + done) }
            if count < 0 { throw systemError("write", path, errno) }
            if count == 0 { throw systemError("write", path, EIO) }
            done += count
        }
    }

    func datasync() throws(RepriseError) {
        // No retry, not even after EINTR: the kernel reports a lost page only once.
        if reprise_fdatasync(descriptor) != 0 { throw systemError("sync", path, errno) }
    }
}

private func retrying<T: SignedInteger>(_ call: () -> T) -> T {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
