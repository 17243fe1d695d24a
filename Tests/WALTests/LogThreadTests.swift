import Model
import Platform
import Synchronization
import TestSupport
import Testing
import WAL

/// The log with its threads.
@Suite struct LogThreadTests {
    private static let options: LogOptions = {
        var options = LogOptions()
        options.segmentBytes = 256 << 10
        options.maxBatchBytes = 16 << 10
        options.bufferBytes = 32 << 10
        options.maxBufferBytes = 64 << 10
        options.maxBytes = 64 << 20
        return options
    }()

    @Test(.timeLimit(.minutes(5)))
    func `what nobody waits for is written by itself, right after a write and much later`()
        async throws
    {
        let place = try TemporaryDirectory()
        let log = try Log.open(directory: place.path, options: Self.options)
        // The writer sleeps for good a while after a write: whoever comes then has to wake it.
        for pause in [0, 0, 60, 0, 60] {
            try await log.waitDurable(try await Self.append(log, 1, 1))
            try await Task.sleep(for: .milliseconds(pause))
            let lazy = try log.append(kind: 1, size: 16, isLazy: true) { bytes in
                bytes.initializeMemory(as: UInt8.self, repeating: 7)
            }
            try await log.waitDurable(lazy)
        }
        log.close()
        #expect(try LogVerifier.verify(directory: place.path).next == LSN(11))
    }

    /// WL-110, WL-107: many writers, rotation and retirement under way, a reader behind them.
    @Test func manyWritersOneReaderNothingLost() async throws {
        let place = try TemporaryDirectory()
        let log = try Log.open(directory: place.path, options: Self.options)
        let writers = 32
        let each = 400
        let signal = Signal()
        log.onDurable { _ in signal.notify() }
        let result = Mutex<[UInt64: Int]>([:])
        let thread = try NamedThread("reader") {
            let reader = log.makeReader(from: LSN(1))
            func read(
                _ reader: LogReader, _ body: (LSN, UInt8, UnsafeRawBufferPointer) -> Bool
            ) -> Int? {
                do throws(RepriseError) {
                    return try reader.next(maxBytes: 1 << 16, body)
                } catch {
                    Issue.record("the reader stopped: \(error)")
                    return nil
                }
            }
            var expected: UInt64 = 1
            while expected <= UInt64(writers * each) {
                let seen = signal.count
                let count = read(reader) { lsn, kind, bytes in
                    guard lsn.rawValue == expected else { return false }
                    expected += 1
                    let writer = bytes.load(UInt64.self, at: 0)
                    let number = Int(bytes.load(UInt64.self, at: 8))
                    result.withLock { result in
                        // Each writer's frames in the order in which it wrote them.
                        if result[writer, default: 0] == number { result[writer] = number + 1 }
                    }
                    return true
                }
                guard let count else { return }
                if count == 0 { signal.wait(whileCountIs: seen) }
                log.retire(before: reader.next)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for number in 0..<each {
                        let lsn = try await Self.append(log, UInt64(writer), UInt64(number))
                        try await log.waitDurable(lsn)
                        #expect(log.durable >= lsn)
                    }
                }
            }
            try await group.waitForAll()
        }
        thread.join()
        #expect(result.withLock { $0.count } == writers)
        #expect(result.withLock { $0.values.allSatisfy { $0 == each } })
        #expect(log.durable == LSN(UInt64(writers * each)))
        log.close()
        let report = try LogVerifier.verify(directory: place.path)
        #expect(report.damage.isEmpty && report.tornTail == nil)
        #expect(report.next == LSN(UInt64(writers * each) + 1))
        // The first segments were retired while the writers wrote.
        #expect(report.segments.first.map { $0.index > 1 } == true)
    }

    private static func append(_ log: Log, _ writer: UInt64, _ number: UInt64) async throws -> LSN {
        while true {
            do throws(RepriseError) {
                return try log.append(kind: 1, size: 100 + Int(number % 200)) { bytes in
                    bytes.initializeMemory(as: UInt8.self, repeating: 0xEE)
                    bytes.store(writer, at: 0)
                    bytes.store(number, at: 8)
                }
            } catch {
                guard error.code == .journalBusy else { throw error }
                await log.waitForRoom()
            }
        }
    }

    /// WL-109: every caller of a batch that failed gets the error, and so does everybody after it.
    @Test func aFailedSyncIsToldToEveryWaiter() async throws {
        let fileSystem = SimulatedFileSystem()
        let poisoned = Mutex<[RepriseError]>([])
        let log = try Log.open(
            directory: "/journal", fileSystem: fileSystem, options: CrashRun.options,
            time: SimulatedTime(),
            onPoison: { error in poisoned.withLock { $0.append(error) } })
        let first = try log.append(kind: 1, size: 10) { _ in }
        try await log.waitDurable(first)
        fileSystem.fail(.write)
        var waiting: [Task<RepriseError?, Never>] = []
        for _ in 0..<20 {
            guard let lsn = try? log.append(kind: 1, size: 10, fill: { _ in }) else { break }
            waiting.append(
                Task {
                    do throws(RepriseError) {
                        try await log.waitDurable(lsn)
                        return nil
                    } catch {
                        return error
                    }
                })
        }
        #expect(!waiting.isEmpty)
        for task in waiting { #expect(await task.value?.code == .journalPoisoned) }
        let error = #expect(throws: RepriseError.self) {
            try log.append(kind: 1, size: 1) { _ in }
        }
        #expect(error?.code == .journalPoisoned)
        await log.waitForRoom()
        // What was durable before stays so.
        try await log.waitDurable(first)
        log.close()
        #expect(poisoned.withLock { $0.map(\.code) } == [.journalPoisoned])
    }

    /// WL-111: closing writes what was appended, releases every waiter, and can be done twice.
    @Test func closingWritesWhatWasAppended() async throws {
        let fileSystem = SimulatedFileSystem()
        let log = try Log.open(
            directory: "/journal", fileSystem: fileSystem, options: CrashRun.options,
            time: SimulatedTime())
        var last = LSN.zero
        for _ in 0..<10 { last = try log.append(kind: 1, size: 20) { _ in } }
        log.close()
        log.close()
        try await log.waitDurable(last)
        #expect(log.durable == last)
        let error = #expect(throws: RepriseError.self) {
            try log.append(kind: 1, size: 1) { _ in }
        }
        #expect(error?.code == .shuttingDown)
        // A number that was never given out is not waited for in vain.
        let vain = await #expect(throws: RepriseError.self) {
            try await log.waitDurable(last.next)
        }
        #expect(vain?.code == .shuttingDown)
        let next = Fixture(fileSystem: fileSystem)
        #expect(try next.numbers().count == 10)
    }

    @Test func aLogThatIsDroppedIsClosed() throws {
        let fileSystem = SimulatedFileSystem()
        do {
            let log = try Log.open(
                directory: "/journal", fileSystem: fileSystem, options: CrashRun.options)
            _ = try log.append(kind: 1, size: 20) { _ in }
        }
        #expect(try Fixture(fileSystem: fileSystem).numbers() == [1])
    }

    /// WL-106: on an idle log one append is one forced write of its own, with nothing waited for.
    @Test func anIdleLogWritesAtOnce() async throws {
        let fileSystem = SimulatedFileSystem()
        let log = try Log.open(
            directory: "/journal", fileSystem: fileSystem, options: CrashRun.options,
            time: SimulatedTime())
        for _ in 0..<5 {
            let lsn = try log.append(kind: 1, size: 20) { _ in }
            try await log.waitDurable(lsn)
        }
        log.close()
        let places = try Fixture(fileSystem: fileSystem).places()
        #expect(places.map(\.batchIndex) == [0, 0, 0, 0, 0])
    }

    /// A full disk refuses with a typed error instead of hanging, and recovers when space comes.
    @Test func aFullDiskRefusesAndRecovers() async throws {
        let fileSystem = SimulatedFileSystem()
        let log = try Log.open(
            directory: "/journal", fileSystem: fileSystem, options: CrashRun.options,
            time: SimulatedTime())
        fileSystem.setCapacity(bytes: 0)
        var refusal: RepriseError?
        while refusal == nil {
            do throws(RepriseError) {
                _ = try log.append(kind: 1, size: 100) { _ in }
            } catch {
                if error.code == .journalBusy { await log.waitForRoom() } else { refusal = error }
            }
        }
        #expect(refusal?.code == .diskFull)
        let last = try log.append(kind: 1, size: 100, use: .reserve) { _ in }
        try await log.waitDurable(last)
        fileSystem.setCapacity(bytes: 1 << 20)
        log.retire(before: last)
        var recovered = false
        while !recovered {
            do throws(RepriseError) {
                _ = try log.append(kind: 1, size: 100) { _ in }
                recovered = true
            } catch {
                #expect(error.code == .diskFull || error.code == .journalBusy)
                await Task.yield()
            }
        }
        log.close()
    }
}
