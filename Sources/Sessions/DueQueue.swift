internal import HeapModule
public import Model

/// Sessions by due time, then by order of scheduling. What is near stands in a heap; what is far in
/// unsorted buckets of about a minute each, so that a far session costs one append until its minute
/// comes.
public struct DueQueue: Sendable {
    /// A session and when it is due; ordered by that, then by `order`.
    public struct Entry: Sendable, Hashable, Comparable {
        /// Not handed out before it.
        public var due: Timestamp
        /// The position of the event that scheduled it; breaks ties between equal times.
        public var order: UInt64
        /// The session may have moved or ended meanwhile: whoever takes the entry looks.
        public var session: SessionID

        /// An entry to be inserted.
        public init(due: Timestamp, order: UInt64, session: SessionID) {
            self.due = due
            self.order = order
            self.session = session
        }

        /// Earlier due first, then earlier scheduled.
        public static func < (left: Entry, right: Entry) -> Bool {
            left.due == right.due ? left.order < right.order : left.due < right.due
        }
    }

    private var near = Heap<Entry>()
    /// Buckets by their number; none lies below `horizon`.
    private var far: [Int64: [Entry]] = [:]
    private var farNumbers = Heap<Int64>()
    /// The number of the first bucket that was not moved to `near` yet.
    private var horizon = Int64.min
    /// Entries inserted and not taken, near and far.
    public private(set) var count = 0

    /// 2^16 ms, about 65 s.
    private static let bucketBits = 16

    /// Empty.
    public init() {}

    /// Whether every entry was taken.
    public var isEmpty: Bool { count == 0 }

    /// Adds an entry; one for the same session that is there already stays. Costs one append if it
    /// is far, else the logarithm of what is near.
    public mutating func insert(_ entry: Entry) {
        count += 1
        let number = DueQueue.bucket(of: entry.due)
        if number < horizon {
            near.insert(entry)
            return
        }
        if far[number] == nil { farNumbers.insert(number) }
        far[number, default: []].append(entry)
    }

    /// The due time of the first entry, or an earlier time at which to look again.
    public var next: Timestamp? {
        let nearest = near.min?.due
        let bucket = farNumbers.min.map { DueQueue.start(of: $0) }
        guard let nearest else { return bucket }
        guard let bucket else { return nearest }
        return min(nearest, bucket)
    }

    /// The first entry of those that are near; nil when none is.
    var first: Entry? { near.min }

    /// Takes the first entry that is due at `now`; nil when there is none.
    public mutating func pop(due now: Timestamp) -> Entry? {
        advance(to: now)
        guard let first = near.min, first.due <= now else { return nil }
        count -= 1
        return near.popMin()
    }

    /// Moves the buckets that begin by `now` to the heap.
    private mutating func advance(to now: Timestamp) {
        let reached = DueQueue.bucket(of: now)
        guard reached >= horizon else { return }
        horizon = reached == .max ? .max : reached + 1
        while let number = farNumbers.min, number < horizon {
            farNumbers.removeMin()
            guard let entries = far.removeValue(forKey: number) else { continue }
            near.insert(contentsOf: entries)
        }
    }

    private static func bucket(of due: Timestamp) -> Int64 { due.milliseconds >> bucketBits }

    private static func start(of bucket: Int64) -> Timestamp {
        Timestamp(milliseconds: bucket << bucketBits)
    }
}
