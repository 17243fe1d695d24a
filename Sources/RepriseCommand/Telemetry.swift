internal import Logging
internal import RepriseServer

/// Logging and metrics of a process: set up once, at its start.
enum Telemetry {
    static func start(_ settings: Settings) -> (logger: Logger, registry: PrometheusRegistry) {
        let level = settings.logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        // Read at each scrape; nothing is reported to a backend besides.
        let registry = PrometheusRegistry()
        let logger = Logger(label: "reprise")
        for warning in settings.warnings {
            logger.warning("\(warning)", metadata: ["reprise.error.code": "configuration"])
        }
        return (logger, registry)
    }
}
