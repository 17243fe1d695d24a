internal import Logging
internal import Model
internal import Platform
internal import RepriseServer

/// Logging and metrics of a process: set up once, at its start.
enum Telemetry {
    static func start(_ settings: Settings) -> (logger: Logger, registry: PrometheusRegistry) {
        settings.logFormat.bootstrap(level: settings.logLevel)
        // Read at each scrape; nothing is reported to a backend besides.
        let registry = PrometheusRegistry()
        let logger = Logger(label: "reprise")
        for warning in settings.warnings {
            logger.report(.warning, .configuration, "\(warning)")
        }
        return (logger, registry)
    }
}
