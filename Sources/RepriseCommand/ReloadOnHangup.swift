internal import Platform
internal import Logging
internal import Model
internal import RepriseServer
internal import ServiceLifecycle
internal import UnixSignals

/// Reads the configuration anew on SIGHUP.
struct ReloadOnHangup: Service {
    let reloader: Reloader
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do throws(RepriseError) {
                let report = try reloader.reload()
                logger.notice(
                    "the configuration was read anew",
                    metadata: [
                        "reprise.changed": "\(report.changed.joined(separator: " "))",
                        "reprise.needsRestart": "\(report.needsRestart.joined(separator: " "))",
                    ])
            } catch {
                logger.report(
                    .error, error, "the configuration was not taken over; the old one is used")
            }
        }
    }
}
