package import Model
internal import Platform

/// Reads a whole journal without changing it: the one piece of code behind opening, verifying,
/// dumping and repairing.
package struct LogScan {
    private var directory: LogDirectory
    /// Goes on after damage with what is readable again, instead of stopping there.
    private let pastDamage: Bool
    private let body: FrameBody
    private let image = SegmentImage()
    private var report = LogReport()
    private var expected: LSN?

    /// Calls `body` with every frame of the journal in order and returns what there is. Throws only
    /// what keeps it from reading (`journalIO`, `journalVersion`, `journalForeignFile`) and what
    /// `body` throws; damage is in the report.
    package static func run(
        _ directory: LogDirectory, pastDamage: Bool,
        body: @escaping FrameBody = { (_, _) throws(RepriseError) in }
    ) throws(RepriseError) -> LogReport {
        var scan = LogScan(directory: directory, pastDamage: pastDamage, body: body)
        try scan.scan()
        return scan.report
    }

    private init(directory: LogDirectory, pastDamage: Bool, body: @escaping FrameBody) {
        self.directory = directory
        self.pastDamage = pastDamage
        self.body = body
    }

    private enum State {
        case used(SegmentHeader)
        /// Zeros, or the header of an earlier use of the file.
        case unused(clean: Bool)
    }

    private struct Entry {
        var index: UInt64
        var bytes: Int
        var state: State

        var name: String { Format.segmentName(index) }
        var header: SegmentHeader? {
            if case .used(let header) = state { header } else { nil }
        }
    }

    private mutating func scan() throws(RepriseError) {
        let contents = try directory.contents()
        if let name = contents.foreign.first { throw foreign(name) }
        report.leftovers = contents.leftovers
        if contents.hasRepair {
            damaged(
                Format.repairName, offset: 0, lost: 0..<0,
                "a repair was interrupted; run it again to finish it")
            return
        }
        try findIdentity(contents)
        var entries: [Entry] = []
        for index in contents.segments { entries.append(try entry(index)) }
        if report.damage.isEmpty, !contents.hasIdentity { try checkNothingWritten(entries) }
        let used = entries.lastIndex { $0.header != nil }.map { $0 + 1 } ?? 0
        try scanUsed(Array(entries[..<used]))
        if report.damage.isEmpty || pastDamage {
            try scanUnused(Array(entries[used...]), hasIdentity: contents.hasIdentity)
        }
        report.isNew = !contents.hasIdentity && report.segments.isEmpty && report.damage.isEmpty
        if let expected { report.next = max(report.next, expected) }
    }

    // MARK: Files

    private mutating func findIdentity(_ contents: LogDirectory.Contents) throws(RepriseError) {
        var found = contents.hasIdentity ? try directory.readIdentity() : nil
        if found == nil {
            for index in contents.segments where found == nil {
                let head = try directory.openSegment(index, .read)
                    .readBytes(limit: Format.headerBytes)
                if case .header(let header) = head.withUnsafeBytes({ SegmentHeader.read($0) }) {
                    found = header.identity
                }
            }
            if contents.hasIdentity || found != nil {
                damaged(
                    Format.identityName, offset: 0, lost: 0..<0,
                    "the file with the journal's identity is missing or unreadable")
            }
        }
        directory.identity = found ?? 0
        report.identity = directory.identity
    }

    private mutating func entry(_ index: UInt64) throws(RepriseError) -> Entry {
        let name = Format.segmentName(index)
        let file = try directory.openSegment(index, .read)
        let bytes = try file.size()
        guard bytes <= Format.maxSegmentBytes else { throw foreign(name) }
        let head = try file.readBytes(limit: Format.headerBytes)
        let state: State
        switch head.withUnsafeBytes({ SegmentHeader.read($0) }) {
        case .version(let version): throw directory.wrongVersion(version, of: name)
        case .header(let header):
            guard header.identity == directory.identity else { throw foreign(name) }
            state = header.index == index ? .used(header) : .unused(clean: header.index < index)
            if header.index > index {
                damaged(
                    name, offset: 24, lost: 0..<0,
                    "it is \(Format.segmentName(header.index)) under another name")
            }
        case .zeros: state = .unused(clean: true)
        case .unreadable: state = .unused(clean: false)
        }
        return Entry(index: index, bytes: bytes, state: state)
    }

    // Files are opened one at a time: a journal may have more than a process may have open.
    private func load(_ entry: Entry) throws(RepriseError) {
        try image.load(directory.openSegment(entry.index, .read), count: entry.bytes)
    }

    /// Without an identity there is a journal only if its making was interrupted; then nothing was
    /// ever written.
    private mutating func checkNothingWritten(_ entries: [Entry]) throws(RepriseError) {
        for entry in entries {
            try load(entry)
            if image.bytes.firstNonZero(from: 0) != nil {
                damaged(
                    entry.name, offset: 0, lost: 0..<0,
                    "it was written to, but neither it nor \(Format.identityName) says to which "
                        + "journal it belongs")
            }
        }
    }

    private func foreign(_ name: String) -> RepriseError {
        RepriseError(
            .journalForeignFile,
            "\(directory.path(name)) does not belong to this journal. Move it elsewhere: the "
                + "journal needs a directory of its own.")
    }

    private mutating func damaged(
        _ file: String, offset: Int, lost: Range<UInt64>, _ detail: String
    ) {
        report.damage.append(
            LogReport.Damage(file: file, offset: offset, lost: lost, detail: detail))
    }

    // MARK: Segments with frames

    /// What comes after a segment: nothing, or a segment whose header may be destroyed.
    private enum Following {
        case none
        case segment(SegmentHeader?)
    }

    private mutating func scanUsed(_ entries: [Entry]) throws(RepriseError) {
        for (place, entry) in entries.enumerated() {
            if !report.damage.isEmpty, !pastDamage { return }
            let isLast = place + 1 == entries.count
            let following = isLast ? Following.none : .segment(entries[place + 1].header)
            guard let header = entry.header else {
                try scanHeadless(entry, following: following)
                continue
            }
            if expected == nil { report.first = header.base }
            try scan(entry, header, following: following)
        }
    }

    /// A segment whose header is destroyed. Its frames still check, as the salt follows from the
    /// index; their numbers follow from the segment before it or after it.
    private mutating func scanHeadless(
        _ entry: Entry, following: Following
    ) throws(RepriseError) {
        let salt = Format.salt(identity: directory.identity, index: entry.index)
        var base = expected ?? (entry.index == 1 ? LSN(1) : nil)
        if base == nil, case .segment(let following?) = following {
            try load(entry)
            let start = SegmentImage.Cursor(offset: Format.headerBytes, relative: 0)
            let count = try image.walk(from: start, salt: salt).relative
            if UInt64(count) < following.follows.rawValue {
                base = LSN(following.follows.rawValue - UInt64(count))
            }
        }
        let lost = base?.rawValue ?? 0
        damaged(entry.name, offset: 0, lost: lost..<lost, "its header cannot be read")
        guard pastDamage, let base else { return }
        if expected == nil { report.first = base }
        let assumed = SegmentHeader(
            identity: directory.identity, index: entry.index, base: base, created: .zero)
        try scan(entry, assumed, following: following)
    }

    private mutating func scan(
        _ entry: Entry, _ header: SegmentHeader, following: Following
    ) throws(RepriseError) {
        try load(entry)
        let salt = header.salt
        var frames: UInt64 = 0
        let start = SegmentImage.Cursor(offset: Format.headerBytes, relative: 0)
        var stop = try walk(from: start, entry, header, &frames)
        switch following {
        case .segment(nil): break
        case .segment(let following?):
            while header.base + stop.relative != following.follows {
                guard let next = try skipDamage(at: stop, entry, header, before: following.follows)
                else { break }
                stop = try walk(from: next, entry, header, &frames)
            }
        case .none:
            let remains = try image.remains(after: stop, salt: salt)
            if remains.provesDamage {
                while let next = try skipDamage(at: stop, entry, header, before: nil) {
                    stop = try walk(from: next, entry, header, &frames)
                }
            } else {
                noteTorn(entry, header, stop, end: remains.end)
            }
        }
        let end = header.base + stop.relative
        expected = end
        if case .segment(let following?) = following { expected = max(following.base, end) }
        report.endOffset = stop.offset
        report.segments.append(
            LogReport.Segment(
                index: entry.index, bytes: entry.bytes, base: header.base, frames: frames,
                created: header.created))
    }

    private func walk(
        from start: SegmentImage.Cursor, _ entry: Entry, _ header: SegmentHeader,
        _ frames: inout UInt64
    ) throws(RepriseError) -> SegmentImage.Cursor {
        let bytes = image.bytes
        let body = body
        return try image.walk(from: start, salt: header.salt) {
            (frame, offset) throws(RepriseError) in
            frames += 1
            try body(
                FramePlace(
                    lsn: header.base + frame.relative, kind: frame.kind, segment: entry.index,
                    offset: offset, batchIndex: frame.batchIndex),
                bytes.slice(at: offset + Format.frameHeaderBytes, count: frame.payloadBytes))
        }
    }

    /// Notes that the frames from `stop` on are lost, and finds where they can be read again.
    private mutating func skipDamage(
        at stop: SegmentImage.Cursor, _ entry: Entry, _ header: SegmentHeader, before limit: LSN?
    ) throws(RepriseError) -> SegmentImage.Cursor? {
        let from = header.base + stop.relative
        let hit = image.resynchronise(after: stop, salt: header.salt)
        let found = hit.map { header.base + $0.frame.relative }
        let to = found ?? limit
        guard let to, to > from || limit != nil else { return nil }
        damaged(
            entry.name, offset: stop.offset, lost: from.rawValue..<max(from, to).rawValue,
            found == nil
                ? "the next segment begins with frame \(to)"
                : "frames that were written later follow at offset \(hit?.offset ?? 0)")
        guard pastDamage, let hit else { return nil }
        return SegmentImage.Cursor(offset: hit.offset, relative: hit.frame.relative)
    }

    private mutating func noteTorn(
        _ entry: Entry, _ header: SegmentHeader, _ stop: SegmentImage.Cursor, end: Int
    ) {
        // A recycled file has old bytes here; only a header with the right number is this batch's.
        let room = image.bytes.count - stop.offset
        var torn = end > stop.offset
        if !torn, room >= Format.frameHeaderBytes {
            let head = image.bytes.slice(at: stop.offset, count: Format.frameHeaderBytes)
            torn = head[3] != 0 && head.load(UInt32.self, at: 8) == stop.relative
        }
        if torn {
            report.tornTail = LogReport.TornTail(
                file: entry.name, offset: stop.offset, bytes: max(end - stop.offset, 1))
        }
    }

    // MARK: Segments without

    private mutating func scanUnused(_ entries: [Entry], hasIdentity: Bool) throws(RepriseError) {
        if report.segments.isEmpty, report.damage.isEmpty, hasIdentity,
            entries.first?.index != 1
        {
            damaged(
                Format.segmentName(1), offset: 0, lost: 0..<0,
                "the segments with its frames are missing or unreadable")
            return
        }
        for (place, entry) in entries.enumerated() {
            if place == 0, try !scanFirstUnused(entry) { continue }
            report.spares.append(
                LogReport.Segment(
                    index: entry.index, bytes: entry.bytes, base: .zero, frames: 0, created: .zero))
        }
    }

    /// A crash in a segment's first batch can leave frames without a header. A later batch there
    /// proves that the header was durable and has been destroyed since.
    private mutating func scanFirstUnused(_ entry: Entry) throws(RepriseError) -> Bool {
        try load(entry)
        let salt = Format.salt(identity: directory.identity, index: entry.index)
        let start = SegmentImage.Cursor(offset: min(Format.headerBytes, entry.bytes), relative: 0)
        let remains = try image.remains(after: start, salt: salt)
        if remains.provesDamage {
            try scanHeadless(entry, following: .none)
            return false
        }
        if case .unused(clean: true) = entry.state, remains.first == nil { return true }
        report.spareRemains = max(remains.end, Format.headerBytes)
        report.tornTail = LogReport.TornTail(
            file: entry.name, offset: 0, bytes: report.spareRemains)
        return true
    }
}

func + (base: LSN, relative: UInt32) -> LSN { LSN(base.rawValue + UInt64(relative)) }
