package import Model
package import Platform

/// A journal's directory: its names and its identity. See `schemas/journal-format.md`.
package struct LogDirectory: Sendable {
    package let fileSystem: any FileSystem
    package let path: String
    package var identity: UInt64 = 0

    package init(_ path: String, fileSystem: any FileSystem, identity: UInt64 = 0) {
        self.path = path
        self.fileSystem = fileSystem
        self.identity = identity
    }

    package func path(_ name: String) -> String { path + "/" + name }

    package func segmentPath(_ index: UInt64) -> String { path(Format.segmentName(index)) }

    package func openSegment(_ index: UInt64, _ mode: OpenMode) throws(RepriseError) -> any File {
        try fileSystem.open(segmentPath(index), mode)
    }

    package func sync() throws(RepriseError) { try fileSystem.syncDirectory(path) }

    // MARK: The names in it

    package struct Contents: Sendable {
        /// Indexes of the segment files, ascending.
        package var segments: [UInt64] = []
        package var hasIdentity = false
        package var hasRepair = false
        /// What an interrupted step left behind; of no use.
        package var leftovers: [String] = []
        /// Names that no journal makes.
        package var foreign: [String] = []
        package var damaged: [String] = []
    }

    package func contents() throws(RepriseError) -> Contents {
        var contents = Contents()
        for name in try fileSystem.list(path) {
            if let index = Format.segmentIndex(name) {
                contents.segments.append(index)
            } else if name == Format.identityName {
                contents.hasIdentity = true
            } else if name == Format.repairName {
                contents.hasRepair = true
            } else if name.hasSuffix(Format.temporarySuffix) {
                contents.leftovers.append(name)
            } else if name.hasPrefix(Format.damagedPrefix) {
                contents.damaged.append(name)
            } else if name != Format.lockName, !Format.isNeighbour(name) {
                contents.foreign.append(name)
            }
        }
        contents.segments.sort()
        return contents
    }

    // MARK: Identity

    /// The identity in the file `JOURNAL`; nil where the file cannot be read as one.
    package func readIdentity() throws(RepriseError) -> UInt64? {
        let file = try fileSystem.open(path(Format.identityName), .read)
        let bytes = try file.readBytes(limit: Format.identityBytes)
        let header = bytes.withUnsafeBytes { bytes -> (version: UInt16, identity: UInt64)? in
            guard bytes.count == Format.identityBytes,
                bytes.load(UInt64.self, at: 0) == Format.identityMagic,
                bytes.load(UInt32.self, at: 28) == crc32c(bytes.slice(at: 0, count: 28))
            else { return nil }
            return (bytes.load(UInt16.self, at: 8), bytes.load(UInt64.self, at: 16))
        }
        guard let header else { return nil }
        guard header.version == Format.version else {
            throw wrongVersion(header.version, of: Format.identityName)
        }
        return header.identity
    }

    package func writeIdentity() throws(RepriseError) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Format.identityBytes, alignment: 8)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes.store(Format.identityMagic, at: 0)
        bytes.store(Format.version, at: 8)
        bytes.store(identity, at: 16)
        bytes.store(crc32c(UnsafeRawBufferPointer(bytes).slice(at: 0, count: 28)), at: 28)
        try replace(Format.identityName, with: UnsafeRawBufferPointer(bytes))
    }

    /// Writes a small file so that after a crash there is all of it or none.
    func replace(_ name: String, with bytes: UnsafeRawBufferPointer) throws(RepriseError) {
        let temporary = path(name + Format.temporarySuffix)
        let file = try fileSystem.open(temporary, .create)
        try file.write(bytes, at: 0)
        try file.datasync()
        try fileSystem.rename(temporary, to: path(name))
        try sync()
    }

    package func wrongVersion(_ version: UInt16, of name: String) -> RepriseError {
        RepriseError(
            .journalVersion,
            "\(path(name)) has format version \(version); this program reads version "
                + "\(Format.version). Run the version of Reprise that wrote it.")
    }
}
