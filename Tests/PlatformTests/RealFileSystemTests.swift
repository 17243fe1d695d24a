import Glibc
import Model
import Platform
import Testing

@Suite struct RealFileSystemTests {
    private let fileSystem = RealFileSystem()

    private func withDirectory(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/reprise-platform-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw systemError("make", "/tmp", errno) }
        let path = template.withUnsafeBytes { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        defer {
            for name in (try? fileSystem.list(path)) ?? [] { unlink(path + "/" + name) }
            rmdir(path)
        }
        try body(path)
    }

    @Test func whatIsWrittenIsRead() throws {
        try withDirectory { directory in
            let file = try fileSystem.open(directory + "/a", .create)
            try file.writeZeros(at: 0, count: 3_000_000)
            try Array("hello".utf8).withUnsafeBytes { try file.write($0, at: 100) }
            try file.datasync()
            #expect(try file.size() == 3_000_000)
            #expect(try file.readBytes(at: 99, limit: 7) == [0] + Array("hello".utf8) + [0])
            #expect(try file.readBytes(at: 2_999_998, limit: 10).count == 2)
            #expect(try file.readBytes(at: 4_000_000, limit: 10).isEmpty)
        }
    }

    @Test func namesChange() throws {
        try withDirectory { directory in
            _ = try fileSystem.open(directory + "/b", .create)
            _ = try fileSystem.open(directory + "/a", .create)
            #expect(try fileSystem.list(directory) == ["a", "b"])
            try fileSystem.rename(directory + "/a", to: directory + "/c")
            try fileSystem.remove(directory + "/b")
            try fileSystem.syncDirectory(directory)
            #expect(try fileSystem.list(directory) == ["c"])
        }
    }

    @Test func directoriesAreMadeWithThoseAboveThem() throws {
        try withDirectory { directory in
            try fileSystem.createDirectory(directory + "/x/y/z")
            try fileSystem.createDirectory(directory + "/x/y/z")
            #expect(try fileSystem.list(directory + "/x/y") == ["z"])
            rmdir(directory + "/x/y/z")
            rmdir(directory + "/x/y")
            rmdir(directory + "/x")
        }
    }

    @Test func aSecondLockIsRefusedUntilTheFirstIsReleased() throws {
        try withDirectory { directory in
            var lock: (any FileLock)? = try fileSystem.lock(directory + "/LOCK")
            let error = #expect(throws: RepriseError.self) {
                try fileSystem.lock(directory + "/LOCK")
            }
            #expect(error?.code == .journalLocked)
            #expect(lock != nil)
            lock = nil
            _ = try fileSystem.lock(directory + "/LOCK")
        }
    }

    @Test func failuresNameTheFileAndTheCause() throws {
        let error = #expect(throws: RepriseError.self) {
            try fileSystem.open("/nonexistent/file", .read)
        }
        #expect(error?.code == .journalIO)
        #expect(error?.message.contains("/nonexistent/file") == true)
        #expect(error?.cause == "No such file or directory (errno 2)")
        #expect(systemError("write", "x", ENOSPC).code == .diskFull)
        #expect(systemError("write", "x", EDQUOT).code == .diskFull)
        #expect(systemError("write", "x", EIO).code == .journalIO)
    }

    @Test func aWriteToAFullDeviceIsDiskFull() throws {
        let full = try fileSystem.open("/dev/full", .readWrite)
        let error = #expect(throws: RepriseError.self) { try full.writeZeros(at: 0, count: 10) }
        #expect(error?.code == .diskFull)
    }
}
