public import Model

/// Sessions by their id. They stand in chunks, and the dictionary holds only their places: growing
/// moves 20 bytes a session instead of all of it, and slack costs as little.
public struct SessionMap: Sendable {
    /// Where a session stands, until it is removed.
    struct Place: Sendable, Hashable {
        fileprivate var number: UInt32
        fileprivate var chunk: Int { Int(number >> 8) }
        fileprivate var offset: Int { Int(number & 0xFF) }
    }

    private var places: [SessionID: Place] = [:]
    private var chunks: [[Session]] = []
    private var free: [Place] = []

    /// Empty.
    public init() {}

    /// Sessions in it.
    public var count: Int { places.count }
    /// Whether there is none.
    public var isEmpty: Bool { places.isEmpty }
    /// The ids, in no order.
    public var keys: some Collection<SessionID> { places.keys }
    /// The sessions, in no order. Each is copied when it is reached; its records are shared.
    public var values: some Sequence<Session> { places.values.lazy.map { self[$0] } }

    /// The session with that id; nil when there is none.
    public internal(set) subscript(id: SessionID) -> Session? {
        get { places[id].map { self[$0] } }
        set {
            guard let newValue else {
                removeValue(forKey: id)
                return
            }
            if let place = places[id] { self[place] = newValue } else { insert(newValue, as: id) }
        }
    }

    func place(of id: SessionID) -> Place? { places[id] }

    subscript(place: Place) -> Session {
        get { chunks[place.chunk][place.offset] }
        _modify { yield &chunks[place.chunk][place.offset] }
    }

    private mutating func insert(_ session: Session, as id: SessionID) {
        if let place = free.popLast() {
            self[place] = session
            places[id] = place
            return
        }
        if chunks.last?.count ?? 256 == 256 {
            var chunk: [Session] = []
            // The first one grows, so that a small table stays small.
            if !chunks.isEmpty { chunk.reserveCapacity(256) }
            chunks.append(chunk)
        }
        let chunk = chunks.count - 1
        places[id] = Place(number: UInt32(truncatingIfNeeded: chunk << 8 | chunks[chunk].count))
        chunks[chunk].append(session)
    }

    @discardableResult
    mutating func removeValue(forKey id: SessionID) -> Session? {
        guard let place = places.removeValue(forKey: id) else { return nil }
        let session = self[place]
        // Lets go of its records.
        self[place] = SessionMap.vacant
        free.append(place)
        return session
    }

    private static let vacant = Session(
        id: Event.noSession, partition: 0, version: 0,
        opening: Event.Opening(
            kind: Kind(unchecked: ""), record: nil, headers: [], lease: .zero, time: .zero),
        at: .none)
}

extension SessionMap: Sequence {
    /// Every session with its id, in no order.
    public func makeIterator() -> some IteratorProtocol<(key: SessionID, value: Session)> {
        places.lazy.map { (key: $0.key, value: self[$0.value]) }.makeIterator()
    }
}
