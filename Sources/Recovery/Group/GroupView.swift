package import Kafka
package import Logging
package import Model
package import Sessions
internal import Synchronization

/// The group's sessions as anybody can see them: folds the partitions from their low-water marks to
/// their ends, without joining the group and without asking a worker.
package struct GroupView: Sendable {
    /// Where the group's sessions are.
    package struct Options: Sendable {
        package var kafka: KafkaConfiguration
        /// Its committed offsets are the low-water marks.
        package var group: String
        package var sessionsTopic: String
        package var deadLettersTopic: String
        package var limits = Limits()

        package init(
            kafka: KafkaConfiguration, group: String, sessionsTopic: String,
            deadLettersTopic: String
        ) {
            self.kafka = kafka
            self.group = group
            self.sessionsTopic = sessionsTopic
            self.deadLettersTopic = deadLettersTopic
        }
    }

    /// All partitions as of the ends that they had when the reading began.
    package struct Picture: Sendable {
        /// By partition. Nobody claims with them: they are as old as the reading.
        package var tables: [Int32: SessionTable]
        /// Parked sessions in the dead-letter topic.
        package var deadLetters: [SessionID: Session]

        /// In a partition, else among the dead letters; nil when it is in neither.
        package func session(_ id: SessionID) -> Session? {
            for table in tables.values {
                if let session = table[id] { return session }
            }
            return deadLetters[id]
        }

        /// Whether no partition has it: it is in the dead-letter topic alone.
        package func isOnlyDeadLetter(_ id: SessionID) -> Bool {
            tables.values.allSatisfy { $0[id] == nil }
        }
    }

    private let options: Options
    private let logger: Logger

    package init(options: Options, logger: Logger) {
        self.options = options
        self.logger = logger
    }

    /// Reads the sessions from the committed offsets, and all dead letters, to the ends that they
    /// have now; the time it takes grows with what lies between.
    ///
    /// - Throws: `kafkaConfiguration`, `kafkaUnreachable`, `kafkaTimeout`, `kafkaRefused`,
    ///   `topicMissing`.
    package func picture() async throws(RepriseError) -> Picture {
        let starts = try await committedOffsets()
        let folding = Folding(starts: starts, limits: options.limits)
        let reader = KafkaReader(options.kafka, logger: logger)
        _ = try await reader.read(topic: options.sessionsTopic, from: starts) { batch in
            folding.fold(batch)
            return true
        }
        return Picture(tables: folding.tables(), deadLetters: try await deadLetters())
    }

    /// The parked sessions in the dead-letter topic; reads all of it. Throws as `picture`.
    package func deadLetters() async throws(RepriseError) -> [SessionID: Session] {
        let reader = KafkaReader(options.kafka, logger: logger)
        let letters = DeadLetterFolding(limits: options.limits)
        _ = try await reader.read(topic: options.deadLettersTopic) { batch in
            letters.fold(batch)
            return true
        }
        return letters.sessions()
    }

    private func committedOffsets() async throws(RepriseError) -> [Int32: Int64] {
        let admin = try KafkaAdmin(options.kafka, logger: logger)
        let result: Result<[Int32: Int64], RepriseError>
        do throws(RepriseError) {
            let count = try await admin.partitionCount(of: options.sessionsTopic)
            let partitions = (0..<Int32(clamping: count)).map {
                KafkaPartition(topic: options.sessionsTopic, partition: $0)
            }
            let committed = try await admin.committed(group: options.group, partitions)
            var starts: [Int32: Int64] = [:]
            for (partition, offset) in committed { starts[partition.partition] = offset }
            result = .success(starts)
        } catch {
            result = .failure(error)
        }
        await admin.close()
        return try result.get()
    }

    // MARK: An operator's word

    /// Writes one operator's event into the session's partition. Acknowledged by Kafka when the call
    /// returns; it counts when the partition's fold has it.
    package func write(_ event: Event) async throws(RepriseError) {
        if let error = try await write([event]).first ?? nil { throw error }
    }

    /// The same for many at once: why each of them was not acknowledged, or nil.
    package func write(_ events: [Event]) async throws(RepriseError) -> [RepriseError?] {
        let writer = Writer(node: "operator", incarnation: .random(in: 1 ... .max))
        return try await send(
            events.map { event in
                KafkaRecord(
                    KafkaPartition(
                        topic: options.sessionsTopic, partition: Int32(clamping: event.partition)),
                    key: Array("\(event.session)".utf8), value: event.encoded,
                    headers: [
                        KafkaHeader(
                            "\(WireHeader.type)", Array((event.body.type?.wireName ?? "").utf8)),
                        KafkaHeader("\(WireHeader.origin)", Array(writer.text.utf8)),
                    ])
            })
    }

    /// Takes sessions out of the dead-letter topic.
    package func removeDeadLetters(
        _ ids: [SessionID], within timeout: Duration = .seconds(30)
    ) async throws(RepriseError) {
        let errors = try await send(
            ids.map { id in
                KafkaRecord(
                    KafkaPartition(topic: options.deadLettersTopic, partition: 0),
                    key: Array("\(id)".utf8), value: nil)
            }, within: timeout)
        if let error = errors.lazy.compactMap({ $0 }).first { throw error }
    }

    private func send(
        _ records: [KafkaRecord], within timeout: Duration = .seconds(30)
    ) async throws(RepriseError) -> [RepriseError?] {
        let sender = try KafkaSender(options.kafka, timeout: timeout, logger: logger)
        let result: Result<[KafkaDelivery], RepriseError>
        do throws(RepriseError) {
            result = .success(try await sender.send(records))
        } catch {
            result = .failure(error)
        }
        await sender.close()
        return try result.get().map(\.error)
    }
}

/// Folds the partitions of the sessions topic, on the reader's thread.
private final class Folding: Sendable {
    private enum Fold {
        case opening(PartitionOpening)
        case folding(SessionTable)
    }

    private let starts: [Int32: Int64]
    private let limits: Limits
    private let folds = Mutex<[Int32: Fold]>([:])

    init(starts: [Int32: Int64], limits: Limits) {
        self.starts = starts
        self.limits = limits
    }

    func fold(_ batch: borrowing KafkaBatch) {
        folds.withLock { folds in
            var origins = OriginCache()
            batch.forEach { message in
                let partition = message.partition
                let current = folds.removeValue(forKey: partition) ?? beginning(partition)
                let read = PartitionMessage(message, &origins)
                switch current {
                case .folding(var table):
                    Folding.fold(read, partition, into: &table)
                    folds[partition] = .folding(table)
                case .opening(var opening):
                    if let beginning = opening.read(read) {
                        folds[partition] = .folding(Folding.table(beginning, partition))
                    } else {
                        folds[partition] = .opening(opening)
                    }
                }
            }
        }
    }

    func tables() -> [Int32: SessionTable] {
        folds.withLock { folds in
            Dictionary(
                uniqueKeysWithValues: folds.map { partition, fold in
                    switch fold {
                    case .folding(let table): (partition, table)
                    case .opening(let opening):
                        (partition, Folding.table(opening.beginningWithoutMark(), partition))
                    }
                })
        }
    }

    private func beginning(_ partition: Int32) -> Fold {
        guard let start = starts[partition] else { return .folding(SessionTable(limits: limits)) }
        return .opening(PartitionOpening(start: start, ownerWriter: .nobody, limits: limits))
    }

    private static func table(
        _ beginning: PartitionOpening.Beginning, _ partition: Int32
    ) -> SessionTable {
        var table = beginning.table
        for message in beginning.messages { fold(message, partition, into: &table) }
        return table
    }

    private static func fold(
        _ message: PartitionMessage, _ partition: Int32, into table: inout SessionTable
    ) {
        message.forEachEvent { index, decoded in
            let position = Position(offset: message.offset, index: index)
            switch decoded {
            case .success(let event): table.apply(event, at: position, from: message.origin)
            case .failure:
                table.applyUndecodable(
                    message.rawBytes, headers: message.headers, partition: UInt32(partition),
                    at: position, time: message.time, from: message.origin)
            }
        }
    }
}

/// The last word on each key of the dead-letter topic.
private final class DeadLetterFolding: Sendable {
    private let letters = Mutex<[SessionID: Session]>([:])
    private let limits: Limits

    init(limits: Limits) {
        self.limits = limits
    }

    func fold(_ batch: borrowing KafkaBatch) {
        letters.withLock { letters in
            batch.forEach { message in
                guard let key = message.key,
                    let id = SessionID(text: String(decoding: key, as: UTF8.self))
                else { return }
                guard let value = message.value,
                    let snapshot = try? Snapshot(decoding: value)
                else {
                    letters[id] = nil
                    return
                }
                var partition: UInt32 = 0
                if let header = message.header(WireHeader.partition) {
                    partition = UInt32(String(decoding: header, as: UTF8.self)) ?? 0
                }
                letters[id] = Session(
                    id: id, partition: partition, snapshot: snapshot,
                    at: Position(offset: message.offset))
            }
        }
    }

    func sessions() -> [SessionID: Session] { letters.withLock { $0 } }
}
