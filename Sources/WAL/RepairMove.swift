internal import Model
internal import Platform

/// The step of a repair that changes the journal: old segments out, new ones in. The file `REPAIR`
/// says what is to be done; as long as it is there the journal does not open, and the step can be done
/// again from its beginning.
struct RepairMove {
    static let prefix = "repair-"
    private static let bytes = 32

    let directory: LogDirectory

    static func temporaryName(_ index: UInt64) -> String {
        prefix + String(index) + Format.temporarySuffix
    }

    private static func temporaryIndex(_ name: String) -> UInt64? {
        guard name.hasPrefix(prefix), name.hasSuffix(Format.temporarySuffix) else { return nil }
        return UInt64(name.dropFirst(prefix.count).dropLast(Format.temporarySuffix.count))
    }

    /// Writes down that all segments up to `cut` are to move; returns where to.
    func begin(cut: UInt64, damaged: [String]) throws(RepriseError) -> String {
        let numbers = damaged.compactMap { UInt64($0.dropFirst(Format.damagedPrefix.count)) }
        let number = (numbers.max() ?? 0) &+ 1
        let note = UnsafeMutableRawBufferPointer.allocate(
            byteCount: RepairMove.bytes, alignment: 8)
        defer { note.deallocate() }
        note.initializeMemory(as: UInt8.self, repeating: 0)
        note.store(Format.identityMagic, at: 0)
        note.store(cut, at: 8)
        note.store(number, at: 16)
        note.store(crc32c(UnsafeRawBufferPointer(note).slice(at: 0, count: 28)), at: 28)
        try directory.replace(Format.repairName, with: UnsafeRawBufferPointer(note))
        return Format.damagedPrefix + String(number)
    }

    /// Does what `REPAIR` says, from wherever an interruption left it.
    func finish() throws(RepriseError) {
        let note = try directory.fileSystem.open(directory.path(Format.repairName), .read)
            .readBytes(limit: RepairMove.bytes)
        let task = note.withUnsafeBytes { note -> (cut: UInt64, number: UInt64)? in
            guard note.count == RepairMove.bytes,
                note.load(UInt64.self, at: 0) == Format.identityMagic,
                note.load(UInt32.self, at: 28) == crc32c(note.slice(at: 0, count: 28))
            else { return nil }
            return (note.load(UInt64.self, at: 8), note.load(UInt64.self, at: 16))
        }
        guard let task else {
            throw RepriseError(
                .journalDamaged,
                "\(directory.path(Format.repairName)) cannot be read. Restore the directory.")
        }
        let target = Format.damagedPrefix + String(task.number)
        try directory.fileSystem.createDirectory(directory.path(target))
        try directory.sync()
        let contents = try directory.contents()
        for index in contents.segments where index <= task.cut {
            try directory.fileSystem.rename(
                directory.segmentPath(index),
                to: directory.path(target) + "/" + Format.segmentName(index))
        }
        try directory.fileSystem.syncDirectory(directory.path(target))
        for name in contents.leftovers {
            guard let index = RepairMove.temporaryIndex(name) else { continue }
            try directory.fileSystem.rename(
                directory.path(name), to: directory.segmentPath(index))
        }
        try directory.sync()
        try directory.fileSystem.remove(directory.path(Format.repairName))
        try directory.sync()
    }
}
