internal import Foundation
internal import Model
internal import RepriseServer

/// What the doctor measures the machine with. Tests have others.
struct Instruments: Sendable {
    /// Of the file system that a directory is on; throws `journalIO`.
    var space: @Sendable (_ directory: String) throws -> DiskSpace
    /// How long each of a few forced writes takes; throws `journalIO`.
    var flushes: @Sendable (_ directory: String) throws -> [Duration]
    /// Milliseconds since 1970.
    var clock: @Sendable () -> Int64
    /// How long a broker has to answer.
    var brokerTimeout: Duration

    static let real = Instruments(
        space: { try DiskSpace(of: $0) }, flushes: { try FlushTrial.run(in: $0) },
        clock: { HTTPHandler.wallClock().milliseconds }, brokerTimeout: .seconds(10))
}
