import Model
import SimulatedFiles

@testable import WAL

/// A segment as a disk might hand it back: read, cut or refused, and what was opened can be written to
/// and opened again. The first byte says what is put right before: 1 the header of the segment, 2 the
/// checksums of its frames, without which hardly a change would get past them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let mode = input.first, count < 64 << 10 else { return 0 }
    var segment = Array(input.dropFirst())
    if mode & 1 != 0 {
        segment.replaceSubrange(0..<min(segment.count, header.count), with: header)
    }
    if mode & 2 != 0 { seal(&segment) }
    let fileSystem = empty.kill()
    fileSystem.place(segment, at: path)
    expectNoDefect { () throws(RepriseError) in
        _ = try LogVerifier.verify(directory: folder, fileSystem: fileSystem)
        _ = try LogDump.forEachFrame(directory: folder, fileSystem: fileSystem) {
            (_, _) throws(RepriseError) in
        }
        let (log, before) = try open(fileSystem)
        try log.append(kind: 1, size: 3) { _ in }
        try log.flush()
        let (_, after) = try open(fileSystem.kill())
        precondition(after == before + 1, "what was written is found")
    }
    return 0
}

private let folder = "/journal"
private let path = folder + "/" + Format.segmentName(1)
private let identity: UInt64 = 0x1122_3344_5566_7788

/// A journal to which nothing has been written.
private let empty: SimulatedFileSystem = {
    let fileSystem = SimulatedFileSystem()
    expectNoDefect { () throws(RepriseError) in _ = try open(fileSystem) }
    return fileSystem.kill()
}()

/// Of the first segment.
private let header: [UInt8] = {
    var bytes = [UInt8](repeating: 0, count: Format.headerBytes)
    bytes.withUnsafeMutableBytes {
        SegmentHeader(identity: identity, index: 1, base: LSN(1), created: .zero)
            .encode(into: $0)
    }
    return bytes
}()

/// The log, and how many frames a start has found in it.
private func open(_ fileSystem: SimulatedFileSystem) throws(RepriseError) -> (LogCore, Int) {
    var options = LogOptions()
    options.segmentBytes = 4096
    options.maxBatchBytes = 1024
    options.maxBytes = 40_960
    options.bufferBytes = 2048
    options.maxBufferBytes = 4096
    var found = 0
    let log = try LogCore.open(
        directory: folder, fileSystem: fileSystem, options: options, time: SimulatedTime(),
        newIdentity: identity, replay: { (_, _, _) throws(RepriseError) in found += 1 })
    return (log, found)
}

private func seal(_ segment: inout [UInt8]) {
    let salt = Format.salt(identity: identity, index: 1)
    segment.withUnsafeMutableBytes { bytes in
        var offset = Format.headerBytes
        while offset + Format.frameHeaderBytes <= bytes.count {
            let whole = UnsafeRawBufferPointer(bytes)
            let length = Frame.length(whole, at: offset)
            guard offset + length <= bytes.count else { return }
            let relative = whole.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)
            let index = whole.loadUnaligned(fromByteOffset: offset + 12, as: UInt16.self)
            Frame.seal(
                UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + length]),
                relative: relative, batchIndex: index, salt: salt)
            offset += length
        }
    }
}

private func expectNoDefect(_ body: () throws(RepriseError) -> Void) {
    do throws(RepriseError) {
        try body()
    } catch {
        precondition(error.code != .internalDefect, error.message)
    }
}
