import Model
import Platform
import TestSupport
import Testing
import WAL

/// What a start has replayed is durable, also where the process before was not told so.
@Suite struct ReplayedTailTests {
    private static func open(
        _ fileSystem: SimulatedFileSystem, _ found: inout [UInt64]
    ) throws -> LogCore {
        var numbers: [UInt64] = []
        let log = try LogCore.open(
            directory: CrashRun.directory, fileSystem: fileSystem, options: CrashRun.options,
            time: SimulatedTime(), newIdentity: 7,
            replay: { lsn, _, _ in numbers.append(lsn.rawValue) })
        found = numbers
        return log
    }

    /// The sync failed: the kernel takes the pages for clean and never writes them, and the next
    /// start reads the frame from the page cache. If the power goes later, it must still be there.
    @Test(arguments: 1..<30 as Range<UInt64>)
    func replayedFrameSurvivesALaterPowerLoss(seed: UInt64) throws {
        var random = SimulatedRandom(seed: seed)
        var fileSystem = SimulatedFileSystem()
        var found: [UInt64] = []
        do {
            let log = try Self.open(fileSystem, &found)
            for _ in 0..<3 {
                _ = try log.append(kind: 1, size: 40) {
                    $0.initializeMemory(as: UInt8.self, repeating: 9)
                }
            }
            try log.flush()
            _ = try log.append(kind: 1, size: 600) {
                $0.initializeMemory(as: UInt8.self, repeating: 7)
            }
            fileSystem.fail(.datasync)
            #expect(throws: RepriseError.self) { try log.flush() }
        }
        fileSystem = fileSystem.kill()
        _ = try Self.open(fileSystem, &found)
        let replayed = found
        fileSystem = fileSystem.crash(using: &random)
        _ = try Self.open(fileSystem, &found)
        #expect(found == replayed)
    }
}
