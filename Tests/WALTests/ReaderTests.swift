import Model
import Platform
import TestSupport
import Testing
import WAL

@Suite struct ReaderTests {
    private func log(_ sizes: [Int]) async throws -> Log {
        let log = try Log.open(
            directory: "/journal", fileSystem: SimulatedFileSystem(), options: CrashRun.options,
            time: SimulatedTime())
        for size in sizes {
            while true {
                do throws(RepriseError) {
                    let lsn = try log.append(kind: 3, size: size) { bytes in
                        bytes.initializeMemory(as: UInt8.self, repeating: UInt8(size % 256))
                    }
                    try await log.waitDurable(lsn)
                    break
                } catch {
                    guard error.code == .journalBusy else { throw error }
                    await log.waitForRoom()
                }
            }
        }
        return log
    }

    private func read(_ reader: LogReader, maxBytes: Int = .max) throws -> [UInt64] {
        var numbers: [UInt64] = []
        try reader.next(maxBytes: maxBytes) { lsn, _, _ in
            numbers.append(lsn.rawValue)
            return true
        }
        return numbers
    }

    /// WL-013…022: from the first, from the middle, from the last, and from beyond it.
    @Test func startsAtAnyFrame() async throws {
        let log = try await log(Array(repeating: 700, count: 20))
        #expect(log.space.segments > 2)
        for start in UInt64(1)...20 {
            #expect(try read(log.makeReader(from: LSN(start))) == Array(start...20))
        }
        #expect(try read(log.makeReader(from: LSN(21))) == [])
        #expect(try read(log.makeReader(from: .zero)).first == 1)
        log.close()
    }

    /// WL-017: what is appended later is read later; nothing that is not durable is read.
    @Test func goesOnWhereItStopped() async throws {
        let log = try await log([10, 20])
        let reader = log.makeReader(from: LSN(1))
        #expect(try read(reader) == [1, 2])
        #expect(try read(reader) == [])
        let lsn = try log.append(kind: 1, size: 5) { _ in }
        try await log.waitDurable(lsn)
        #expect(try read(reader) == [3])
        #expect(reader.next == LSN(4))
        log.close()
    }

    @Test func stopsAtItsBoundAndOnRequest() async throws {
        let log = try await log(Array(repeating: 100, count: 10))
        let reader = log.makeReader(from: LSN(1))
        #expect(try read(reader, maxBytes: 300) == [1, 2, 3])
        var taken: [UInt64] = []
        try reader.next(maxBytes: .max) { lsn, _, bytes in
            #expect(bytes.count == 100 && bytes.allSatisfy { $0 == 100 })
            taken.append(lsn.rawValue)
            return taken.count < 2
        }
        #expect(taken == [4, 5])
        #expect(try read(reader) == [6, 7, 8, 9, 10])
        log.close()
    }

    @Test func framesLargerThanAPieceAreRead() async throws {
        let place = try TemporaryDirectory()
        var options = LogOptions()
        options.segmentBytes = 16 << 20
        options.maxBatchBytes = 4 << 20
        let log = try Log.open(directory: place.path, options: options)
        let sizes = [10, 40_000, 3_000_000, 5, 4_194_290, 100_000]
        var last = LSN.zero
        for size in sizes {
            last = try log.append(kind: 1, size: size) { bytes in
                bytes.initializeMemory(as: UInt8.self, repeating: UInt8(size % 251))
            }
        }
        try await log.waitDurable(last)
        var found: [Int] = []
        let reader = log.makeReader(from: LSN(1))
        while try reader.next(
            maxBytes: 1 << 20,
            { _, _, bytes in
                found.append(bytes.count)
                return bytes.first == UInt8(bytes.count % 251)
            }) > 0
        {}
        #expect(found == sizes)
        log.close()
    }

    @Test func aRetiredFrameIsNotFound() async throws {
        let log = try await log(Array(repeating: 700, count: 20))
        let first = log.space.first
        log.retire(before: LSN(20))
        while log.space.first == first { await Task.yield() }
        let reader = log.makeReader(from: LSN(1))
        let error = #expect(throws: RepriseError.self) { try read(reader) }
        #expect(error?.code == .notFound)
        log.close()
    }
}
