internal import Model
internal import Platform

/// A segment's bytes in memory, and how frames are found in them. Reads whatever the disk holds.
final class SegmentImage {
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 64)
    private(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)

    deinit { memory.deallocate() }

    func load(_ file: any File, count: Int) throws(RepriseError) {
        if memory.count < count {
            memory.deallocate()
            memory = .allocate(byteCount: count, alignment: 64)
        }
        let got = try file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: memory[0..<count]), at: 0)
        bytes = UnsafeRawBufferPointer(rebasing: memory[0..<got])
        prefixes = []
    }

    /// Where a walk stands: the offset of the next frame and its number less the base.
    struct Cursor: Hashable {
        var offset: Int
        var relative: UInt32
    }

    typealias Body = (Frame, _ offset: Int) throws(RepriseError) -> Void

    /// Goes from frame to frame as long as each is the next one, and returns where it stopped.
    func walk(
        from start: Cursor, salt: UInt32, body: Body = { (_, _) throws(RepriseError) in }
    ) throws(RepriseError) -> Cursor {
        var cursor = start
        while let frame = Frame.read(bytes, at: cursor.offset, salt: salt),
            frame.relative == cursor.relative
        {
            try body(frame, cursor.offset)
            cursor.offset += frame.bytes
            cursor.relative += 1
        }
        return cursor
    }

    /// The first frame after `cursor`, at any offset, that checks and has a number that can follow.
    func resynchronise(after cursor: Cursor, salt: UInt32) -> (offset: Int, frame: Frame)? {
        let last = bytes.count - Format.frameHeaderBytes
        guard cursor.offset <= last else { return nil }
        // No more frames fit than there are bytes left for: most offsets are out by their number.
        let span = UInt32((bytes.count - cursor.offset) / Format.frameHeaderBytes + 1)
        var offset = cursor.offset
        while offset <= last {
            if bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == 0 {
                // A frame's fourth byte is its kind, which is never zero.
                guard let byte = bytes.firstNonZero(from: offset + 8) else { return nil }
                offset = max(offset + 1, byte - 3)
                if offset > last { return nil }
            }
            if bytes.load(UInt32.self, at: offset + 8) &- cursor.relative <= span,
                mayCheck(at: offset, salt: salt),
                let frame = Frame.read(bytes, at: offset, salt: salt)
            {
                return (offset, frame)
            }
            offset += 1
        }
        return nil
    }

    // MARK: Long candidates

    private static let blockBytes = 1024
    /// Checksums of the bytes before each block; made when the first one is asked for.
    private var prefixes: [UInt32] = []

    private func prefix(_ end: Int) -> UInt32 {
        let size = SegmentImage.blockBytes
        if prefixes.isEmpty {
            prefixes.reserveCapacity(bytes.count / size + 1)
            prefixes.append(0)
            for block in 0..<(bytes.count / size) {
                prefixes.append(
                    crc32c(
                        bytes.slice(at: block * size, count: size), continuing: prefixes[block]))
            }
        }
        let block = end / size
        return crc32c(
            bytes.slice(at: block * size, count: end - block * size), continuing: prefixes[block])
    }

    /// False when the bytes at `offset` cannot be a frame; says so at a cost that does not grow with
    /// the length that they claim. Payloads can be made to look like the headers of long frames, and
    /// summing up each of them would make a start take hours.
    private func mayCheck(at offset: Int, salt: UInt32) -> Bool {
        let length = Frame.length(bytes, at: offset)
        guard length > 4 * SegmentImage.blockBytes else { return true }
        guard length <= bytes.count - offset else { return false }
        let head = crc32c(bytes.slice(at: offset, count: 4), continuing: salt)
        let sum = crc32cPart(
            continuing: head, before: prefix(offset + 8), whole: prefix(offset + length),
            count: length - 8)
        return sum == bytes.load(UInt32.self, at: offset + 4)
    }

    /// What stands after the place where a walk stopped.
    struct Remains {
        /// A frame of a later batch: everything before its batch was durable once.
        var provesDamage = false
        /// The first frame that can be read again.
        var first: Cursor?
        /// Where the last frame that checks ends; the start when there is none.
        var end: Int
    }

    func remains(after stop: Cursor, salt: UInt32) throws(RepriseError) -> Remains {
        var remains = Remains(end: stop.offset)
        var cursor = stop
        while let hit = resynchronise(after: cursor, salt: salt) {
            let here = Cursor(offset: hit.offset, relative: hit.frame.relative)
            if remains.first == nil { remains.first = here }
            cursor = try walk(from: here, salt: salt) { (frame, _) throws(RepriseError) in
                if frame.relative - UInt32(frame.batchIndex) > stop.relative {
                    remains.provesDamage = true
                }
            }
            remains.end = cursor.offset
        }
        return remains
    }
}
