internal import CRdKafka
package import Logging
internal import Model
internal import Platform

/// librdkafka's log lines, handed to swift-log.
enum LogBridge {
    static func forward(_ event: borrowing Event, to logger: Logger) {
        var facility: UnsafePointer<CChar>?
        var text: UnsafePointer<CChar>?
        var severity: Int32 = 0
        guard rd_kafka_event_log(event.pointer, &facility, &text, &severity) == 0 else { return }
        let name = facility.map { String(cString: $0) } ?? ""
        // What it says of the configuration is of properties that are set on purpose.
        let level = name == "CONFWARN" ? .debug : level(ofSeverity: severity)
        guard level >= logger.logLevel else { return }
        let metadata: Logger.Metadata = [
            "kafka.facility": .string(name),
            "kafka.text": .string(text.map { String(cString: $0) } ?? ""),
        ]
        switch level {
        case .critical:
            logger.report(.critical, code(ofFacility: name), "librdkafka", metadata: metadata)
        case .warning, .error:
            logger.report(.warning, code(ofFacility: name), "librdkafka", metadata: metadata)
        default:
            logger.log(level: level, "librdkafka", metadata: metadata)
        }
    }

    /// What the names of its log lines say about the page to read. Most are of lost connections.
    static func code(ofFacility name: String) -> ErrorCode {
        switch name {
        case "FATAL", "MAXPOLL": .kafkaFatal
        case "REQTMOUT", "SESSTMOUT": .kafkaTimeout
        case "CONFWARN": .kafkaConfiguration
        case _ where name.hasPrefix("SASL") || name.hasPrefix("SSL"): .kafkaRefused
        default: .kafkaUnreachable
        }
    }

    /// syslog's severities. Lost connections come as "error" and heal by themselves, hence warning.
    static func level(ofSeverity severity: Int32) -> Logger.Level {
        switch severity {
        case ...2: .critical
        case 3, 4: .warning
        case 5: .notice
        case 6: .info
        default: .debug
        }
    }
}

extension Logger {
    /// Drops everything; the default for callers without a logger.
    package static var silent: Logger {
        Logger(label: "reprise.kafka") { _ in SwiftLogNoOpLogHandler() }
    }
}
