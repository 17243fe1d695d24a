public import Model

/// A metric: what the table of metrics says of it. Labels are bounded: kinds that are configured,
/// partitions, codes, outcomes; never a session.
public struct MetricDefinition: Sendable, Hashable {
    /// How its values are to be treated.
    public enum Form: String, Sendable, Hashable {
        /// Grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
        /// How often values fell below each of some bounds.
        case histogram
    }

    /// Which processes show it.
    public struct Places: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// A node without Kafka: it recovers its sessions itself.
        public static let standalone = Places(rawValue: 1)
        /// A node with Kafka.
        public static let mirrored = Places(rawValue: 2)
        /// A worker of the recovery group.
        public static let worker = Places(rawValue: 4)
        /// Any node.
        public static let nodes: Places = [.standalone, .mirrored]
        /// Where handlers run.
        public static let recovery: Places = [.standalone, .worker]
        public static let all: Places = [.standalone, .mirrored, .worker]
    }

    /// As Prometheus has it, units last.
    public var name: String
    public var form: Form
    /// Names of its labels, in the order of `MetricSample.labels`.
    public var labels: [String]
    public var places: Places
    /// One sentence.
    public var help: String

    public init(
        _ name: String, _ form: Form, _ labels: [String] = [], in places: Places, _ help: String
    ) {
        self.name = name
        self.form = form
        self.labels = labels
        self.places = places
        self.help = help
    }
}

/// A metric's value at one moment.
public struct MetricSample: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case number(Double)
        case histogram(HistogramSnapshot)
    }

    public var metric: MetricDefinition
    /// Values of its labels, in the order of the definition.
    public var labels: [String]
    public var value: Value

    public init(_ metric: MetricDefinition, _ value: Double) {
        self.init(metric, [], value)
    }

    public init(_ metric: MetricDefinition, _ labels: [String], _ value: Double) {
        self.metric = metric
        self.labels = labels
        self.value = .number(value)
    }

    public init(_ metric: MetricDefinition, _ labels: [String], _ value: HistogramSnapshot) {
        self.metric = metric
        self.labels = labels
        self.value = .histogram(value)
    }
}
