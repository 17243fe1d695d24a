package import Model

/// What `replace` writes to first has this behind its name; a crash may leave it.
package let replacementSuffix = ".new"

extension FileSystem {
    /// A small file's content; nil where there is none of that name.
    package func content(
        of name: String, in directory: String, limit: Int = .max
    ) throws(RepriseError) -> [UInt8]? {
        guard try list(directory).contains(name) else { return nil }
        return try open("\(directory)/\(name)", .read).readBytes(limit: limit)
    }

    /// Makes `bytes` the content of a file in `directory`, which is made if it is missing: whole or
    /// not at all, and durable when the call returns. Written beside, synced, renamed.
    package func replace(
        _ path: String, in directory: String, with bytes: [UInt8]
    ) throws(RepriseError) {
        try createDirectory(directory)
        let file = try open(path + replacementSuffix, .create)
        let written = bytes.withUnsafeBytes { buffer -> Result<Void, RepriseError> in
            do throws(RepriseError) {
                return .success(try file.write(buffer, at: 0))
            } catch {
                return .failure(error)
            }
        }
        try written.get()
        try file.datasync()
        try rename(path + replacementSuffix, to: path)
        try syncDirectory(directory)
    }
}
