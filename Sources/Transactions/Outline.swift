public import Model

/// What the log has to know of a transaction so that anybody can finish it and tell of it.
public struct Outline: Sendable, Hashable {
    /// The branches that are prepared, or, in an intent, will be.
    public var branches: [BranchReference] = []
    /// The branch whose own outcome decides: the only one, or the last resource. Nil where the
    /// record of the decision does.
    public var asked: UInt32?
    /// Sessions that begin with the outcome.
    public var actions: [DurableAction] = []
    /// Messages that are sent if the transaction commits.
    public var messages: [OutboxMessage] = []
    /// Names of all resources that took part, for the outcome event; empty where nobody is told.
    public var participants: [String] = []
    /// Trace context and causation; they go with the outcome event.
    public var headers: [Header] = []
    /// Of a decision: the session through which another process can commit the branches. Its record
    /// is a `CommitList`. Nil where nobody else may.
    public var finish: DurableAction?

    public init() {}

    /// Whether something besides branches waits for the outcome.
    public var hasCargo: Bool { !actions.isEmpty || !messages.isEmpty }

    /// Who decides, where this is a participant's part of another process's transaction.
    public var superior: Superior? { branches.lazy.compactMap(\.superior).first }

    /// Bytes that people put into it.
    public var bytes: Int {
        var sum = headers.reduce(0) { $0 + $1.bytes }
        for action in actions {
            sum += (action.record?.count ?? 0) + action.headers.reduce(64) { $0 + $1.bytes }
        }
        for message in messages {
            sum += (message.key?.count ?? 0) + (message.value?.count ?? 0)
            sum += message.headers.reduce(64) { $0 + $1.bytes }
        }
        sum += finish.map { ($0.record?.count ?? 0) + 128 } ?? 0
        return sum + branches.count * 32
    }
}

/// A branch as the log names it.
public struct BranchReference: Sendable, Hashable {
    /// Its place in the order of enlistment, from 1.
    public var number: UInt32
    /// The name of the resource that holds it.
    public var resource: String
    /// How the branch ended where that is not as decided, or only an operator's word.
    public var heuristic: BranchOutcome?
    /// Of an asked branch that stands for the decision of another process.
    public var superior: Superior?
    /// The part that a prepared branch is, where its resource is another process.
    public var part: RemotePart?

    public init(
        number: UInt32, resource: String, heuristic: BranchOutcome? = nil,
        superior: Superior? = nil, part: RemotePart? = nil
    ) {
        self.number = number
        self.resource = resource
        self.heuristic = heuristic
        self.superior = superior
        self.part = part
    }
}

/// Work that becomes a session when the transaction ends as `trigger` says.
public struct DurableAction: Sendable, Hashable {
    public enum Trigger: Sendable, Hashable {
        case commit
        case rollback
    }

    /// The id of the session to be.
    public var session: SessionID
    /// The Kafka partition that the session is pinned to; 0 without Kafka.
    public var partition: UInt32
    public var kind: Kind
    public var record: [UInt8]?
    public var headers: [Header]
    /// How long the session is the opener's, from the outcome on; 0 has it handed out at once.
    public var lease: Milliseconds
    public var trigger: Trigger

    public init(
        session: SessionID, partition: UInt32 = 0, kind: Kind, record: [UInt8]?,
        headers: [Header] = [], lease: Milliseconds = 0, trigger: Trigger = .commit
    ) {
        self.session = session
        self.partition = partition
        self.kind = kind
        self.record = record
        self.headers = headers
        self.lease = lease
        self.trigger = trigger
    }
}

/// A Kafka message that is sent if and only if the transaction commits.
public struct OutboxMessage: Sendable, Hashable {
    public var topic: String
    public var key: [UInt8]?
    /// Nil sends a tombstone.
    public var value: [UInt8]?
    public var headers: [Header]

    public init(topic: String, key: [UInt8]?, value: [UInt8]?, headers: [Header] = []) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}

extension Header {
    fileprivate var bytes: Int { name.utf8.count + value.utf8.count }
}
