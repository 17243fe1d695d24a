import Model
import Platform
import TestSupport
import WAL

/// A small journal on a simulated disk, and accidents that can befall it.
struct Fixture {
    static let directory = "/journal"
    var fileSystem = SimulatedFileSystem()
    var options = CrashRun.options

    typealias Found = (lsn: UInt64, kind: UInt8, payload: [UInt8])

    func open() throws(RepriseError) -> (log: LogCore, found: [Found]) {
        var found: [Found] = []
        let log = try LogCore.open(
            directory: Fixture.directory, fileSystem: fileSystem, options: options,
            time: SimulatedTime(), newIdentity: 0x1122_3344_5566_7788,
            replay: { lsn, kind, bytes in found.append((lsn.rawValue, kind, Array(bytes))) })
        return (log, found)
    }

    /// Appends batches of payloads with these sizes; each batch is one forced write.
    func write(_ batches: [[Int]]) throws(RepriseError) {
        let log = try open().log
        try write(batches, to: log)
    }

    func write(_ batches: [[Int]], to log: LogCore) throws(RepriseError) {
        for batch in batches {
            for size in batch {
                let lsn = log.appended.next.rawValue
                try log.append(kind: 1, size: size) { bytes in
                    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: lsn) }
                }
            }
            try log.flush()
            try log.maintain()
        }
    }

    /// The numbers of the frames that a restart finds.
    func numbers() throws(RepriseError) -> [UInt64] {
        try open().found.map(\.lsn)
    }

    /// The code that a restart is refused with; nil when it opens.
    func refusal() -> RepriseError? {
        do throws(RepriseError) {
            _ = try open()
            return nil
        } catch {
            return error
        }
    }

    func path(_ segment: UInt64) -> String {
        Fixture.directory + "/" + Format.segmentName(segment)
    }

    func bytes(_ segment: UInt64) -> [UInt8] { fileSystem.contents(of: path(segment)) ?? [] }

    /// Changes a segment's bytes behind the journal's back.
    func damage(_ segment: UInt64, _ body: (inout [UInt8]) -> Void) {
        var bytes = bytes(segment)
        body(&bytes)
        fileSystem.place(bytes, at: path(segment))
    }

    func places() throws(RepriseError) -> [FramePlace] {
        var places: [FramePlace] = []
        _ = try LogDump.forEachFrame(directory: Fixture.directory, fileSystem: fileSystem) {
            (place, _) throws(RepriseError) in places.append(place)
        }
        return places
    }

    func report() throws(RepriseError) -> LogReport {
        try LogVerifier.verify(directory: Fixture.directory, fileSystem: fileSystem)
    }
}
