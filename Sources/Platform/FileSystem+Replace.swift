package import Model

extension FileSystem {
    /// Makes `bytes` the content of a file in `directory`, which is made if it is missing: whole or
    /// not at all, and durable when the call returns. Written beside, synced, renamed.
    package func replace(
        _ path: String, in directory: String, with bytes: [UInt8]
    ) throws(RepriseError) {
        try createDirectory(directory)
        let file = try open(path + ".new", .create)
        let written = bytes.withUnsafeBytes { buffer -> Result<Void, RepriseError> in
            do throws(RepriseError) {
                return .success(try file.write(buffer, at: 0))
            } catch {
                return .failure(error)
            }
        }
        try written.get()
        try file.datasync()
        try rename(path + ".new", to: path)
        try syncDirectory(directory)
    }
}
