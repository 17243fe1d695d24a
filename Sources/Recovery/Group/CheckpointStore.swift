internal import Logging
internal import Model
internal import Platform

/// One file a partition of a topic, so that a worker which is given another topic does not take one for
/// the other: 8 bytes of magic, CRC32C of what follows, then the checkpoint.
struct CheckpointStore {
    let directory: String
    let topic: String
    private let files: any FileSystem = RealFileSystem()

    init(directory: String, topic: String) {
        self.directory = directory
        self.topic = topic
    }

    private static let magic = Array("RPRSCKP1".utf8)

    private func path(_ partition: Int32) -> String { "\(directory)/\(topic)-\(partition).ckpt" }

    /// Nil when there is none that can be read: the fold is longer then, nothing is lost.
    func load(_ partition: Int32, limits: Limits, logger: Logger) -> Checkpoint? {
        guard let file = try? files.open(path(partition), .read),
            let bytes = try? file.readBytes(limit: .max)
        else { return nil }
        let body = Array(bytes.dropFirst(Self.magic.count + 4))
        if bytes.starts(with: Self.magic), bytes.count > Self.magic.count + 4,
            Self.checksum(body) == Array(bytes[Self.magic.count..<Self.magic.count + 4]),
            let checkpoint = Checkpoint(decoding: body, limits: limits)
        {
            return checkpoint
        }
        logger.report(
            .warning, .checkpointUnusable,
            "a checkpoint cannot be used; the partition is folded from the group's offset",
            metadata: ["reprise.partition": "\(partition)"])
        return nil
    }

    func save(_ checkpoint: Checkpoint, _ partition: Int32, _ logger: Logger) {
        let body = checkpoint.encoded
        do throws(RepriseError) {
            try files.replace(
                path(partition), in: directory, with: Self.magic + Self.checksum(body) + body)
        } catch {
            logger.report(
                .warning, error, "a checkpoint could not be written; the next start folds more",
                metadata: ["reprise.partition": "\(partition)"])
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        let value = bytes.withUnsafeBytes { crc32c($0) }
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
}
