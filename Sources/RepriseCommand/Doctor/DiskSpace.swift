internal import Foundation
internal import Glibc
internal import Reprise

/// How much room a file system has.
struct DiskSpace: Sendable, Hashable {
    /// For this user.
    var freeBytes: Int64
    /// Gone with the machine's power.
    var isMemory: Bool

    init(freeBytes: Int64, isMemory: Bool = false) {
        self.freeBytes = freeBytes
        self.isMemory = isMemory
    }

    /// Throws `journalIO`.
    init(of directory: String) throws(RepriseError) {
        var system = statvfs()
        var status = stat()
        guard statvfs(directory, &system) == 0, stat(directory, &status) == 0 else {
            throw RepriseError(
                .journalIO, "Cannot measure the disk of \(directory).",
                cause: String(cString: strerror(errno)))
        }
        let (bytes, overflow) = UInt64(system.f_bavail)
            .multipliedReportingOverflow(by: UInt64(system.f_frsize))
        freeBytes = overflow ? .max : Int64(clamping: bytes)
        let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        let kind = DiskSpace.kind(ofDevice: UInt64(status.st_dev), in: mounts ?? "")
        isMemory = ["tmpfs", "ramfs"].contains(kind)
    }

    /// The type of a mounted file system, out of the kernel's list; nil where it is not there.
    static func kind(ofDevice device: UInt64, in mounts: String) -> String? {
        let major = (device >> 8) & 0xFFF
        let minor = (device & 0xFF) | ((device >> 12) & 0xF_FF00)
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[2] == "\(major):\(minor)",
                let dash = words.firstIndex(of: "-"), dash + 1 < words.count
            else { continue }
            return String(words[dash + 1])
        }
        return nil
    }
}
