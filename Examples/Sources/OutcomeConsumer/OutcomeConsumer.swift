import Foundation
import Logging
import Reprise
import ServiceLifecycle

/// Follows how transactions end, and prints each outcome once, however often it comes:
///
///     REPRISE_BROKERS=localhost:9092 swift run OutcomeConsumer
///
/// `REPRISE_PREFIX` is that of the topics, `REPRISE_GROUP` the consumer group, and `REPRISE_LEDGER` the
/// file of what was printed. Ends on SIGTERM or SIGINT. `Examples/python/outcomes.py` does the same.
@main
struct OutcomeConsumer {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let brokers = environment["REPRISE_BROKERS"] else {
            print("Set REPRISE_BROKERS to host:port of one or more brokers, comma separated.")
            exit(2)
        }
        let ledger = try Ledger(path: environment["REPRISE_LEDGER"] ?? "outcomes.ledger")
        var options = OutcomeSubscription.Options(
            kafka: KafkaConfiguration(brokers: brokers.split(separator: ",").map(String.init)),
            group: environment["REPRISE_GROUP"] ?? "outcome-example")
        options.topic = "\(environment["REPRISE_PREFIX"] ?? "reprise").transactions"
        options.assignor = .range

        var logger = Logger(label: "outcome-example") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let subscription = try OutcomeSubscription.start(options, logger: logger) { event in
            let line = Self.line(event.outcome)
            if try await ledger.enter(event.id, line) {
                FileHandle.standardOutput.write(Data("\(line)\n".utf8))
            }
        }
        try await ServiceGroup(
            services: [subscription], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }

    private static func line(_ outcome: TransactionOutcome) -> String {
        var words = [
            outcome.result == .committed ? "committed" : "rolledBack", "\(outcome.transaction)",
            outcome.branches.joined(separator: ","),
        ]
        words += outcome.headers.map { "\($0.name)=\($0.value)" }
        return words.joined(separator: " ")
    }
}
