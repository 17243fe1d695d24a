import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite struct SimulatedFileSystemTests {
    private func write(_ file: any File, _ bytes: [UInt8], at offset: Int = 0) throws {
        let failure = bytes.withUnsafeBytes { bytes -> RepriseError? in
            do throws(RepriseError) {
                try file.write(bytes, at: offset)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    @Test func whatIsSyncedSurvivesAndWhatIsNotMayBeLost() throws {
        var lost = 0
        var kept = 0
        var torn = 0
        for seed in UInt64(0)..<200 {
            var random = SimulatedRandom(seed: seed)
            let before = SimulatedFileSystem()
            let file = try before.open("/d/f", .create)
            try before.syncDirectory("/d")
            try write(file, [UInt8](repeating: 1, count: 2048))
            try file.datasync()
            try write(file, [UInt8](repeating: 2, count: 2048))
            #expect(before.contents(of: "/d/f") == [UInt8](repeating: 2, count: 2048))
            let after = try #require(before.crash(using: &random).contents(of: "/d/f"))
            #expect(after.count == 2048 && after.allSatisfy { $0 == 1 || $0 == 2 })
            switch after.count(where: { $0 == 2 }) {
            case 0: lost += 1
            case 2048: kept += 1
            default: torn += 1
            }
            #expect(throws: RepriseError.self) { try file.size() }
        }
        #expect(lost > 20 && kept > 20 && torn > 20)
    }

    @Test func namesAreLostWithoutASyncOfTheDirectory() throws {
        var lost = 0
        for seed in UInt64(0)..<50 {
            var random = SimulatedRandom(seed: seed)
            let before = SimulatedFileSystem()
            _ = try before.open("/d/f", .create)
            try before.syncDirectory("/d")
            try before.rename("/d/f", to: "/d/g")
            let after = before.crash(using: &random)
            #expect(after.paths == ["/d/f"] || after.paths == ["/d/g"])
            if after.paths == ["/d/f"] { lost += 1 }
        }
        #expect(lost > 5 && lost < 45)
    }

    @Test func killKeepsThePageCacheAndReleasesLocks() throws {
        let before = SimulatedFileSystem()
        let lock = try before.lock("/d/LOCK")
        let file = try before.open("/d/f", .create)
        try write(file, [1, 2, 3])
        #expect(throws: RepriseError.self) { try before.lock("/d/LOCK") }
        let after = before.kill()
        #expect(after.contents(of: "/d/f") == [1, 2, 3])
        _ = try after.lock("/d/LOCK")
        withExtendedLifetime(lock) {}
    }

    @Test func faultsComeWhereTheyAreAskedFor() throws {
        let fileSystem = SimulatedFileSystem()
        let file = try fileSystem.open("/f", .create)
        fileSystem.fail(.write, after: 1)
        try write(file, [1])
        #expect(throws: RepriseError.self) { try write(file, [2]) }
        try write(file, [3])
        fileSystem.fail(.read, number: EINVAL, repeats: true)
        #expect(throws: RepriseError.self) { try file.readBytes(limit: 1) }
        #expect(throws: RepriseError.self) { try file.readBytes(limit: 1) }
        fileSystem.heal()
        #expect(try file.readBytes(limit: 1) == [3])
        fileSystem.setCapacity(bytes: 4)
        let error = #expect(throws: RepriseError.self) { try write(file, [1, 2, 3, 4, 5]) }
        #expect(error?.code == .diskFull)
    }

    @Test func aFailedSyncForgetsWhatWasWritten() throws {
        let before = SimulatedFileSystem()
        let file = try before.open("/d/f", .create)
        try before.syncDirectory("/d")
        try write(file, [7])
        before.fail(.datasync)
        #expect(throws: RepriseError.self) { try file.datasync() }
        try file.datasync()
        var random = SimulatedRandom(seed: 1)
        #expect(before.crash(using: &random).contents(of: "/d/f") == [])
    }

    @Test func theSameSeedGivesTheSameWorld() throws {
        func world() throws -> [UInt8]? {
            var random = SimulatedRandom(seed: 99)
            let before = SimulatedFileSystem()
            let file = try before.open("/d/f", .create)
            try before.syncDirectory("/d")
            for round in 0..<20 {
                try write(file, [UInt8](repeating: UInt8(round), count: 700), at: round * 333)
            }
            return before.crash(using: &random).contents(of: "/d/f")
        }
        #expect(try world() == world())
    }
}
