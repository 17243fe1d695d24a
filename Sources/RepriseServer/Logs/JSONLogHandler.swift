public import Foundation
public import Logging

/// Writes each line of the log as one JSON object: `time`, `level`, `logger`, `message`, and the
/// data under `metadata`.
public struct JSONLogHandler: LogHandler {
    public var logLevel = Logger.Level.info
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let now: @Sendable () -> Date
    private let write: @Sendable (Data) -> Void

    /// `write` gets whole lines with their end, from any thread: to standard error unless it is given.
    public init(
        label: String, now: @escaping @Sendable () -> Date = { Date() },
        write: (@Sendable (Data) -> Void)? = nil
    ) {
        self.label = label
        self.now = now
        self.write = write ?? { StandardError.put($0) }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["reprise.error"] = "\(error)" }
        let line = Line(
            time: now().formatted(Self.style), level: event.level.rawValue, logger: label,
            message: event.message.description, metadata: all.mapValues(Value.init))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var bytes = try? encoder.encode(line) else { return }
        bytes.append(UInt8(ascii: "\n"))
        write(bytes)
    }

    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private struct Line: Encodable {
        var time: String
        var level: String
        var logger: String
        var message: String
        var metadata: [String: Value]
    }

    private struct Value: Encodable {
        let value: Logger.Metadata.Value

        init(_ value: Logger.Metadata.Value) { self.value = value }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch value {
            case .string(let text): try container.encode(text)
            case .stringConvertible(let value): try container.encode(value.description)
            case .array(let values): try container.encode(values.map(Value.init))
            case .dictionary(let values): try container.encode(values.mapValues(Value.init))
            }
        }
    }
}

/// `log.format`.
public enum LogFormat: String, CaseIterable, Sendable {
    case text, json

    /// The process's logging from now on. Call it once, at the start.
    public func bootstrap(level: Logger.Level) {
        LoggingSystem.bootstrap { label in
            var handler: any LogHandler =
                switch self {
                case .text: StreamLogHandler.standardError(label: label)
                case .json: JSONLogHandler(label: label)
                }
            handler.logLevel = level
            return handler
        }
    }
}
