internal import Model
internal import Platform

/// Makes, recycles and removes segment files. Every step leaves a directory that opens: a file gets
/// its name only when all of it is on disk, and one name changes at a time, each made durable before
/// the next, oldest first.
// Unchecked: one thread, the keeper's, calls it.
final class SegmentKeeper: @unchecked Sendable {
    private let directory: LogDirectory
    private let segmentBytes: Int
    private var nextIndex: UInt64

    init(directory: LogDirectory, segmentBytes: Int, nextIndex: UInt64) {
        self.directory = directory
        self.segmentBytes = segmentBytes
        self.nextIndex = nextIndex
    }

    /// A new file of zeros. Throws `diskFull` where there is no room for it, leaving nothing behind.
    func prepare() throws(RepriseError) -> Spare {
        let spare = Spare(index: nextIndex, capacity: segmentBytes)
        let temporary = directory.path("prepare" + Format.temporarySuffix)
        do throws(RepriseError) {
            let file = try directory.fileSystem.open(temporary, .create)
            // Real zeros, not a hole: the append path must never wait for metadata.
            try file.writeZeros(at: 0, count: segmentBytes)
            try file.datasync()
        } catch {
            // What is left of it would only keep the disk full; the next attempt empties it anyway.
            if error.code == .diskFull { try? directory.fileSystem.remove(temporary) }
            throw error
        }
        try directory.fileSystem.rename(temporary, to: directory.segmentPath(spare.index))
        try directory.sync()
        nextIndex += 1
        return spare
    }

    /// Gives a segment that nobody needs a new name; its old bytes never check under it.
    func recycle(_ segment: SegmentInfo) throws(RepriseError) -> Spare {
        let spare = Spare(index: nextIndex, capacity: segment.capacity)
        try directory.fileSystem.rename(
            directory.segmentPath(segment.index), to: directory.segmentPath(spare.index))
        try directory.sync()
        nextIndex += 1
        return spare
    }

    func remove(_ index: UInt64) throws(RepriseError) {
        try directory.fileSystem.remove(directory.segmentPath(index))
        try directory.sync()
    }

    /// One round of upkeep: retires what may go, and sees to the spare segments. `front` is called
    /// for short looks and changes; the IO happens between them.
    func maintain(_ front: borrowing some FrontAccess) throws(RepriseError) {
        while let segment = front.change({ $0.takeRetired() }) {
            if segment.capacity == segmentBytes, front.change({ $0.wantsSpare }) {
                let spare = try recycle(segment)
                front.change { $0.add(spare) }
            } else {
                try remove(segment.index)
            }
        }
        while front.change({ $0.wantsSpare }) {
            let room = front.change { $0.options.maxBytes - $0.bytes }
            do throws(RepriseError) {
                guard room >= segmentBytes else { throw SegmentKeeper.bound }
                let spare = try prepare()
                front.change { $0.add(spare) }
            } catch {
                guard error.code == .diskFull else { throw error }
                // With a spare left there is no trouble yet.
                front.change { if $0.spares.isEmpty { $0.trouble = error } }
                return
            }
        }
    }

    private static let bound = RepriseError(
        .diskFull,
        "The journal has reached its bound of bytes. It shrinks when sessions are finished and "
            + "mirrored; raise the bound if that does not help.")
}

/// The front, behind a lock or not.
protocol FrontAccess: ~Copyable {
    func change<T: Sendable>(_ body: (inout LogFront) -> T) -> T
}
