internal import Model
internal import Platform

/// Brings a directory into the state in which appending begins: creates it, cuts a torn tail off,
/// clears leftovers away. Each step may be interrupted by a crash and is done again at the next start.
struct LogOpening {
    var directory: LogDirectory
    let options: LogOptions
    let time: any TimeSource

    struct Result {
        var directory: LogDirectory
        var front: LogFront
        var writer: SegmentWriter
        var keeper: SegmentKeeper
        var tornTail: LogReport.TornTail?
    }

    mutating func open(
        newIdentity: UInt64, body: @escaping FrameBody
    ) throws(RepriseError) -> Result {
        var report = try LogScan.run(directory, pastDamage: false, body: body)
        if let damage = report.damage.first { throw damage.error }
        for name in report.leftovers { try directory.fileSystem.remove(directory.path(name)) }
        directory.identity = report.identity
        if report.isNew {
            try create(&report, identity: newIdentity)
        } else {
            try forceTail(report)
            try cutTail(report)
        }
        // The process before may have died between a change of names and its sync.
        try directory.sync()
        return try assemble(report)
    }

    /// The first segment comes before the identity: a journal with an identity and without segments
    /// has lost them.
    private mutating func create(
        _ report: inout LogReport, identity: UInt64
    ) throws(RepriseError) {
        // Leftovers of an interrupted creation, never used.
        for spare in report.spares.reversed() {
            try directory.fileSystem.remove(directory.segmentPath(spare.index))
        }
        report.spares = []
        report.spareRemains = 0
        report.tornTail = nil
        directory.identity = identity
        let keeper = SegmentKeeper(
            directory: directory, segmentBytes: options.segmentBytes, nextIndex: 1)
        let first = try keeper.prepare()
        report.spares = [
            LogReport.Segment(
                index: first.index, bytes: first.capacity, base: .zero, frames: 0, created: .zero)
        ]
        try directory.writeIdentity()
    }

    /// What is replayed counts as durable from now on. But the last batch may be in the page cache
    /// only: the process before was killed before its sync, or the sync failed, after which the kernel
    /// takes the pages for clean and no later sync writes them. So it is written again, and forced.
    private func forceTail(_ report: LogReport) throws(RepriseError) {
        guard let last = report.segments.last else { return }
        let file = try directory.openSegment(last.index, .readWrite)
        let batch = min(options.maxBatchBytes, report.endOffset - Format.headerBytes)
        for (offset, count) in [
            (0, Format.headerBytes), (report.endOffset - batch, batch),
        ] {
            let bytes = try file.readBytes(at: offset, limit: count)
            try bytes.writeAll(to: file, at: offset)
        }
        try file.datasync()
    }

    /// Zeroes what a crash left after the last whole frame, so that it never meets later frames.
    private func cutTail(_ report: LogReport) throws(RepriseError) {
        if let last = report.segments.last {
            let file = try directory.openSegment(last.index, .readWrite)
            let head = try file.readBytes(at: report.endOffset, limit: Format.frameHeaderBytes)
            let torn = report.tornTail.map { $0.file == last.name ? $0.bytes : 0 } ?? 0
            if torn > 0 || head.contains(where: { $0 != 0 }) {
                // The batch's last, unreadable frames may reach further than what checks.
                let reach = max(torn, min(options.maxBatchBytes, Format.maxBatchBytes))
                try file.writeZeros(
                    at: report.endOffset, count: min(reach, last.bytes - report.endOffset))
                try file.datasync()
            }
        }
        if report.spareRemains > 0, let spare = report.spares.first {
            let file = try directory.openSegment(spare.index, .readWrite)
            try file.writeZeros(at: 0, count: min(report.spareRemains, spare.bytes))
            try file.datasync()
        }
    }

    private func assemble(_ report: LogReport) throws(RepriseError) -> Result {
        var segments = report.segments.map {
            SegmentInfo(
                index: $0.index, base: $0.base, capacity: $0.bytes,
                end: LSN($0.base.rawValue + $0.frames))
        }
        if !segments.isEmpty { segments[segments.count - 1].end = nil }
        var spares = try usableSpares(report)
        let headerPending = segments.isEmpty
        let nextIndex = max(segments.last?.index ?? 0, spares.last?.index ?? 0) + 1
        let keeper = SegmentKeeper(
            directory: directory, segmentBytes: options.segmentBytes, nextIndex: nextIndex)
        if segments.isEmpty {
            let first = spares.isEmpty ? try keeper.prepare() : spares.removeFirst()
            segments = [
                SegmentInfo(index: first.index, base: report.next, capacity: first.capacity)
            ]
        }
        let writer = try SegmentWriter(
            directory: directory, time: time, maxBatchBytes: options.maxBatchBytes,
            info: segments[segments.count - 1], offset: report.endOffset, next: report.next,
            headerPending: headerPending)
        let front = LogFront(
            options: options, appended: LSN(report.next.rawValue - 1), segments: segments,
            spares: spares, offset: report.endOffset)
        return Result(
            directory: directory, front: front, writer: writer, keeper: keeper,
            tornTail: report.tornTail)
    }

    /// Spare segments in one row after the last used one; those of another size go, the last first,
    /// so that a crash leaves no hole in the row.
    private func usableSpares(_ report: LogReport) throws(RepriseError) -> [Spare] {
        var index = report.segments.last.map { $0.index + 1 } ?? 1
        var usable: [Spare] = []
        for spare in report.spares where spare.index == index && spare.bytes == options.segmentBytes
        {
            usable.append(Spare(index: spare.index, capacity: spare.bytes))
            index += 1
        }
        for spare in report.spares.dropFirst(usable.count).reversed() {
            try directory.fileSystem.remove(directory.segmentPath(spare.index))
            try directory.sync()
        }
        return usable
    }
}

extension [UInt8] {
    fileprivate func writeAll(to file: any File, at offset: Int) throws(RepriseError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Swift.max(count, 1), alignment: 16)
        defer { copy.deallocate() }
        copy.copyBytes(from: self)
        try file.write(UnsafeRawBufferPointer(copy).slice(at: 0, count: count), at: offset)
    }
}
