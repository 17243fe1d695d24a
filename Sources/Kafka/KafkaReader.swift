package import Logging
package import Model

/// Reads partitions once, from given offsets to their ends as of the start, without joining a
/// group and without leaving a trace on the broker.
package struct KafkaReader: Sendable {
    private let configuration: KafkaConfiguration
    private let stallTimeout: Duration
    private let logger: Logger

    /// - Parameter stallTimeout: reading fails when nothing comes for so long.
    package init(
        _ configuration: KafkaConfiguration, stallTimeout: Duration = .seconds(15),
        logger: Logger = .silent
    ) {
        self.configuration = configuration
        self.stallTimeout = stallTimeout
        self.logger = logger
    }

    /// Reads the named partitions of a topic, or all of them.
    ///
    /// - Parameters:
    ///   - starts: where to begin; a partition that is not named begins at its lowest offset, and
    ///     so does one whose start has been trimmed or lies beyond its end. nil or empty: all
    ///     partitions.
    ///   - batch: gets the messages on the reader's thread, in order for each partition. Answering
    ///     false ends the reading.
    /// - Returns: the watermarks as of the start.
    /// - Throws: `kafkaConfiguration`, `topicMissing`, `kafkaUnreachable`, `kafkaTimeout`.
    package func read(
        topic: String, partitions: [Int32]? = nil, from starts: [Int32: Int64] = [:],
        batch: @escaping @Sendable (borrowing KafkaBatch) -> Bool
    ) async throws(RepriseError) -> [Int32: KafkaWatermarks] {
        try configuration.validate()
        let reading = Reading(
            topic: topic, partitions: partitions, starts: starts, timeout: stallTimeout,
            logger: logger, batch: batch)
        let configuration = configuration
        let result: Result<[Int32: KafkaWatermarks], RepriseError> =
            await withCheckedContinuation { continuation in
                do throws(RepriseError) {
                    try PollThread.start("reprise.read") {
                        continuation.resume(returning: reading.run(configuration))
                    }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        return try result.get()
    }
}
