import Logging

// One process of a chain of services that share a transaction: what `KilledChainTests` starts and kills.

let setting = try Setting(CommandLine.arguments.dropFirst())
var logger = Logger(label: setting.name, factory: { StreamLogHandler.standardError(label: $0) })
logger.logLevel = .notice
try await ChainProcess(setting, logger: logger).run()
