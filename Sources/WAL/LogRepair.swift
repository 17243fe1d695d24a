package import Model
package import Platform

/// Makes a damaged journal usable again from what can be read. Nothing is deleted: the old segments
/// move to `damaged-<n>/`. Numbers go on far beyond all that were ever seen, so none is used twice.
package struct LogRepair {
    package struct Outcome: Sendable, Hashable {
        /// What was found before; the repair of a sound journal changes nothing.
        package var before: LogReport
        package var keptFrames: UInt64 = 0
        /// Frames that were readable and left out, as they come after the damage.
        package var leftOut: UInt64 = 0
        /// The number that the next frame gets.
        package var next: LSN
        /// Where the old segments are now; nil when nothing was changed.
        package var movedTo: String?
    }

    /// How far the numbers jump: more than any batch that could have been under way.
    package static let jump: UInt64 = 1 << 20

    private let directory: LogDirectory
    private let options: LogOptions
    private let time: any TimeSource
    private let keepReadable: Bool

    /// Keeps the frames before the first damage and, with `keepReadable`, those after it that can be
    /// read. When it returns, the journal opens. Interrupted, it is finished by the next repair.
    ///
    /// Throws `journalLocked`, `journalForeignFile`, `journalVersion`, `journalIO`, `diskFull`.
    package static func run(
        directory: String, fileSystem: any FileSystem = RealFileSystem(), keepReadable: Bool,
        options: LogOptions = LogOptions(), time: any TimeSource = SystemTime(),
        newIdentity: UInt64 = .random(in: 1...UInt64.max)
    ) throws(RepriseError) -> Outcome {
        try options.check()
        var place = LogDirectory(directory, fileSystem: fileSystem)
        let lock = try fileSystem.lock(place.path(Format.lockName))
        defer { withExtendedLifetime(lock) {} }
        let contents = try place.contents()
        if contents.hasRepair { try RepairMove(directory: place).finish() }
        let before = try LogScan.run(place, pastDamage: true)
        if before.damage.isEmpty { return Outcome(before: before, next: before.next) }
        place.identity = before.identity == 0 ? newIdentity : before.identity
        let repair = LogRepair(
            directory: place, options: options, time: time, keepReadable: keepReadable)
        return try repair.rebuild(before, contents)
    }

    private func rebuild(
        _ before: LogReport, _ contents: LogDirectory.Contents
    ) throws(RepriseError) -> Outcome {
        for name in contents.leftovers where name.hasPrefix(RepairMove.prefix) {
            try directory.fileSystem.remove(directory.path(name))
        }
        let cut = contents.segments.last ?? 0
        let copy = FrameCopy(directory: directory, options: options, time: time, index: cut + 1)
        let seen = Counter()
        let source = LogDirectory(directory.path, fileSystem: directory.fileSystem)
        _ = try LogScan.run(source, pastDamage: true) { (place, payload) throws(RepriseError) in
            seen.count += 1
            seen.last = max(seen.last, place.lsn.rawValue)
            if keepReadable || seen.isBefore(place, before.damage[0]) {
                try copy.add(place, payload)
            }
        }
        let highest = before.damage.reduce(max(seen.last, before.next.rawValue)) {
            max($0, $1.lost.upperBound)
        }
        let next = LSN(highest + LogRepair.jump)
        try copy.finish(next: next)
        // Only now, with every copy on disk, does the journal change.
        let written = contents.hasIdentity ? try directory.readIdentity() : nil
        if written == nil { try directory.writeIdentity() }
        let move = RepairMove(directory: directory)
        let target = try move.begin(cut: cut, damaged: contents.damaged)
        try move.finish()
        return Outcome(
            before: before, keptFrames: copy.frames, leftOut: seen.count - copy.frames, next: next,
            movedTo: target)
    }

    /// What the frames seen so far add up to.
    private final class Counter {
        var count: UInt64 = 0
        var last: UInt64 = 0

        /// The frame stands before the first damage, in the order of the files.
        func isBefore(_ place: FramePlace, _ damage: LogReport.Damage) -> Bool {
            guard let segment = Format.segmentIndex(damage.file) else { return true }
            return (place.segment, place.offset) < (segment, damage.offset)
        }
    }
}
