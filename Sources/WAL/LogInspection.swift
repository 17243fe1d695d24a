package import Model
package import Platform

/// Looks at a journal that no process has open, without changing it.
package enum LogVerifier {
    /// Reads everything. Damage is in the report, not thrown: a journal with an empty
    /// `LogReport.damage` opens. Throws what keeps it from reading at all: `journalIO`,
    /// `journalVersion`, `journalForeignFile`.
    package static func verify(
        directory: String, fileSystem: any FileSystem = RealFileSystem()
    ) throws(RepriseError) -> LogReport {
        try LogScan.run(LogDirectory(directory, fileSystem: fileSystem), pastDamage: true)
    }
}

/// Goes through the frames of a journal that no process has open, those after damage included.
package enum LogDump {
    /// Calls `body` with every frame that can be read and returns what was found. Numbers that are
    /// left out between two calls are lost: see `LogReport.damage`.
    @discardableResult
    package static func forEachFrame(
        directory: String, fileSystem: any FileSystem = RealFileSystem(), body: @escaping FrameBody
    ) throws(RepriseError) -> LogReport {
        try LogScan.run(
            LogDirectory(directory, fileSystem: fileSystem), pastDamage: true, body: body)
    }
}
