internal import Model

/// A segment that is ready to be written: its file has its whole size on disk.
struct Spare: Sendable {
    var index: UInt64
    var capacity: Int
}

/// A segment with frames.
struct SegmentInfo: Sendable, Hashable {
    var index: UInt64
    var base: LSN
    var capacity: Int
    /// The number after its last frame; nil while it is the current one.
    var end: LSN?
}

/// What appends see: the buffers, and the plan of where each frame will go. Callers hold a lock
/// around it (or are alone); it does no IO.
///
/// A frame is accepted only when there is room for it in segments that exist, so that what was
/// accepted can be written whatever becomes of the disk's free space.
struct LogFront {
    let options: LogOptions
    private(set) var appended: LSN
    private(set) var spares: [Spare]
    private(set) var segments: [SegmentInfo]
    /// Why there is no spare segment; nil while one is there or on its way.
    var trouble: RepriseError?
    /// Why nothing is accepted any more: closed or poisoned.
    var refusal: RepriseError?
    /// Frames below it are not needed.
    var retireBefore = LSN.zero

    /// Somebody waits for what is in the buffer, or will.
    private(set) var isWanted = false
    /// The writer looks again within the time that lazy frames wait, without being woken for them.
    private(set) var isWatched = false

    private var active: LogBuffer
    private var standby: LogBuffer?
    /// Where the next frame goes: so many segments after the current one, at this offset.
    private var ahead = 0
    private var offset: Int

    init(
        options: LogOptions, appended: LSN, segments: [SegmentInfo], spares: [Spare], offset: Int
    ) {
        self.options = options
        self.appended = appended
        self.segments = segments
        self.spares = spares
        self.offset = offset
        let initial = min(1 << 20, options.maxBufferBytes)
        active = LogBuffer(capacity: initial)
        standby = LogBuffer(capacity: initial)
    }

    // MARK: Appending

    /// True when `append` would not refuse an ordinary frame as busy.
    var hasRoom: Bool {
        if refusal != nil { return true }
        guard active.count < options.bufferBytes else { return false }
        return trouble != nil || place(frameBytes: options.maxBatchBytes, use: .normal) != nil
    }

    /// Puts a frame into the buffer. `wakes` is true when the writer is to be woken: for the first
    /// frame that somebody waits for, and for the first at all unless it looks again by itself.
    mutating func append(
        kind: UInt8, size: Int, use: SpaceClass, isLazy: Bool = false,
        fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(RepriseError) -> (lsn: LSN, wakes: Bool) {
        if let refusal { throw refusal }
        let frameBytes = Format.frameHeaderBytes + size
        guard kind != 0, size >= 0, frameBytes <= options.maxBatchBytes else {
            throw RepriseError(
                .tooLarge, "The journal takes frames of 0 to \(options.maxBatchBytes) bytes.")
        }
        guard let place = place(frameBytes: frameBytes, use: use) else {
            throw trouble ?? LogFront.busy
        }
        let isFirst = active.count == 0
        guard let bytes = active.extend(by: frameBytes, limit: options.maxBufferBytes) else {
            throw LogFront.busy
        }
        (ahead, offset) = place
        appended = appended.next
        Frame.begin(bytes, kind: kind, payloadBytes: size)
        fill(UnsafeMutableRawBufferPointer(rebasing: bytes[Format.frameHeaderBytes...]))
        let becomesWanted = !isWanted && (!isLazy || active.count >= LogFront.lazyBytes)
        if becomesWanted { isWanted = true }
        return (appended, becomesWanted || isFirst && !isWatched)
    }

    /// Lazy frames that are worth a write of their own.
    private static let lazyBytes = 64 << 10

    private static let busy = RepriseError(
        .journalBusy, "The journal's writer is behind. Wait for room and try again.")

    /// Where a frame of this size ends; nil when it would not fit into the segments there are. The
    /// writer cuts batches by the same rule: a frame that does not fit begins the next segment.
    private func place(frameBytes: Int, use: SpaceClass) -> (ahead: Int, offset: Int)? {
        var place = (ahead: ahead, offset: offset)
        if place.offset + frameBytes > capacity(ahead: place.ahead) {
            place = (place.ahead + 1, Format.headerBytes)
        }
        guard place.ahead <= spares.count else { return nil }
        place.offset += frameBytes
        var room = capacity(ahead: place.ahead) - place.offset
        guard room >= 0 else { return nil }
        if use == .normal {
            for spare in spares.dropFirst(place.ahead) { room += spare.capacity }
            guard room >= options.reserveBytes else { return nil }
        }
        return place
    }

    private func capacity(ahead: Int) -> Int {
        ahead == 0 ? segments[segments.count - 1].capacity : spares[ahead - 1].capacity
    }

    // MARK: The writer's side

    /// Nobody waits for the frames in the buffer, but they are to be written some time.
    var hasOnlyLazy: Bool { active.count > 0 && !isWanted }

    /// Before the writer sleeps; gives whether it must look again within the time that lazy frames
    /// wait. After a write it does: a lazy frame that follows one, as the end of a transaction follows
    /// its decision, then costs nobody a wake-up.
    mutating func rest(after wrote: Bool) -> Bool {
        isWatched = wrote || hasOnlyLazy
        return isWatched
    }

    /// What is in the buffer is to be written now.
    mutating func want() {
        if active.count > 0 { isWanted = true }
    }

    /// The same, before the writer ends: false where nothing is left that could be written.
    mutating func wantRest() -> Bool {
        isWanted = active.count > 0
        return isWanted && refusal?.code != .journalPoisoned
    }

    /// The buffered frames; nil when there are none that somebody wants. The buffer comes back with
    /// `giveBack`.
    mutating func take() -> LogBuffer? {
        guard active.count > 0, isWanted, refusal?.code != .journalPoisoned, let other = standby
        else {
            return nil
        }
        let full = active
        active = other
        standby = nil
        isWanted = false
        return full
    }

    mutating func giveBack(_ buffer: LogBuffer) {
        buffer.reset()
        standby = buffer
    }

    /// The current segment is full; the oldest spare takes over with `base` as its first number.
    mutating func rotate(base: LSN) -> Spare? {
        guard !spares.isEmpty else { return nil }
        let spare = spares.removeFirst()
        segments[segments.count - 1].end = base
        segments.append(SegmentInfo(index: spare.index, base: base, capacity: spare.capacity))
        ahead = max(0, ahead - 1)
        return spare
    }

    // MARK: The keeper's side

    mutating func add(_ spare: Spare) {
        spares.append(spare)
        trouble = nil
    }

    /// Takes the oldest segment out if nothing in it is needed; the current one always stays.
    mutating func takeRetired() -> SegmentInfo? {
        guard segments.count > 1, segments[1].base <= retireBefore else { return nil }
        return segments.removeFirst()
    }

    /// Bytes of all segments, the spare ones included.
    var bytes: Int {
        segments.reduce(0) { $0 + $1.capacity } + spares.reduce(0) { $0 + $1.capacity }
    }

    var wantsSpare: Bool { spares.count < options.spareSegments }

    /// Only appends with `.reserve` are accepted now.
    var isReserveOnly: Bool {
        trouble != nil && place(frameBytes: options.maxBatchBytes, use: .normal) == nil
    }
}
