import Model
import Platform
import Synchronization
import Testing
import WAL

@Suite struct LogTests {
    @Test func appendedFramesAreDurableAndReplayed() async throws {
        let place = try TemporaryDirectory()
        var options = LogOptions()
        options.segmentBytes = 1 << 20
        options.maxBatchBytes = 1 << 16
        do {
            let log = try Log.open(directory: place.path, options: options)
            for number in 1...1000 {
                let lsn = try log.append(kind: 7, size: number) { bytes in
                    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: number) }
                }
                #expect(lsn == LSN(UInt64(number)))
            }
            try await log.waitDurable(LSN(1000))
            #expect(log.durable == LSN(1000))
            let reader = log.makeReader(from: LSN(500))
            let seen = Mutex<[UInt64]>([])
            while try reader.next(
                maxBytes: 10_000,
                { lsn, kind, bytes in
                    #expect(kind == 7 && bytes.count == Int(lsn.rawValue))
                    seen.withLock { $0.append(lsn.rawValue) }
                    return true
                }) > 0
            {}
            #expect(seen.withLock { $0 } == Array(500...1000))
            log.close()
        }
        var replayed: [UInt64] = []
        let log = try Log.open(
            directory: place.path, options: options,
            replay: {
                (lsn, kind, bytes) throws(RepriseError) in
                replayed.append(lsn.rawValue)
                #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: lsn.rawValue) })
            })
        #expect(replayed == Array(1...1000))
        #expect(log.appended == LSN(1000))
        log.close()
    }
}
