public import Model

// What cannot be read becomes or stays a parked session, bytes and all: never misread, never dropped.

extension SessionTable {
    /// A message without a readable event becomes a parked session of its own. Its bytes are the
    /// record; what is beyond the limits of a session is cut off, and the reason says so.
    @discardableResult
    public mutating func applyUndecodable(
        _ bytes: [UInt8], headers: [Header], partition: UInt32, at position: Position,
        time: Timestamp, from origin: Origin
    ) -> SessionID? {
        if noteOrigin(origin, at: position) != nil { return nil }
        let id = SessionID(undecodablePartition: partition, position: position)
        guard sessions[id] == nil else { return nil }
        let kept = limits.fitting(headers)
        let room = limits.maxSessionBytes - Session.bytes(records: [], headers: kept)
        let record = bytes.count > room ? Array(bytes.prefix(max(0, room))) : bytes
        var detail = "The message at \(position) could not be read; its bytes are the record."
        if record.count < bytes.count || kept.count < headers.count {
            detail += " Kept: \(record.count) of \(bytes.count) bytes, "
            detail += "\(kept.count) of \(headers.count) headers."
        }
        let opening = Event.Opening(
            kind: .undecodable, record: record, headers: kept, lease: time, time: time)
        var session = Session(
            id: id, partition: partition, version: Event.currentVersion, opening: opening,
            at: position)
        session.phase = .parked(Parking(reason: .undecodable, detail: detail, time: time))
        totals.opened &+= 1
        insert(session)
        return id
    }

    /// An event of a later version parks its session, with the event's bytes.
    mutating func applyUnknown(_ event: Event, at position: Position) -> Applied {
        guard let session = sessions[event.session] else {
            return fileUnknown(event, at: position)
        }
        if event.mayBegin { forbidStarts(after: session, through: position) }
        let bytes = event.encoded
        let held = session.unread.reduce(session.bytes) { $0 + $1.count }
        let fits =
            session.unread.count < limits.maxHistory
            && held + bytes.count <= limits.maxSessionBytes + Limits.maxUnreadBytes
        var detail = "An event of version \(event.version) cannot be read here."
        if !fits { detail += " It did not fit the session; it stands at \(position)." }
        update(event.session) { session in
            if fits { session.unread.append(bytes) }
            if case .parked(let parking) = session.phase {
                // The place of what is not kept must not be lost with it.
                guard !fits, parking.reason == .unknownVersion else { return }
                session.phase = .parked(
                    Parking(reason: .unknownVersion, detail: detail, time: parking.time))
                return
            }
            session.order = position.rawValue
            session.phase = .parked(
                Parking(reason: .unknownVersion, detail: detail, time: session.created))
        }
        // The run, if there was one, is over. Of an operator's words only `cancel` still holds: what
        // cannot be read must not run.
        if session.pending == .cancel {
            carryOutPending(event.session, at: position)
        } else {
            update(event.session) { $0.pending = nil }
        }
        return .accepted
    }

    /// It may be the beginning of a session, so it is kept as one. What only ever follows a beginning
    /// concerns a session that is finished.
    private mutating func fileUnknown(_ event: Event, at position: Position) -> Applied {
        guard event.session != Event.noSession else { return ignore(.notApplicable) }
        guard event.mayBegin else { return ignore(.unknownSession) }
        let opening = Event.Opening(
            kind: .undecodable, record: nil, headers: [], lease: .zero, time: .zero)
        var session = Session(
            id: event.session, partition: event.partition, version: event.version,
            opening: opening, at: position)
        session.sequence = event.sequence
        session.phase = .parked(
            Parking(
                reason: .unknownVersion,
                detail: "A session of version \(event.version) cannot be read here.", time: .zero))
        totals.opened &+= 1
        insert(session)
        return applyUnknown(event, at: position)
    }
}

extension Event {
    /// Whether an event that cannot be read may be the first that a fold sees of a session.
    fileprivate var mayBegin: Bool {
        let number: UInt32
        if case .unknown(let type) = body {
            number = type
        } else {
            number = body.type?.rawValue ?? 0
        }
        switch EventType(rawValue: number) {
        case .opened, .carried, .requeued: return true
        case nil: return sequence <= 1
        default: return false
        }
    }
}

extension Limits {
    /// As many of the headers, from the first, as a session may have.
    fileprivate func fitting(_ headers: [Header]) -> [Header] {
        var room = min(maxSessionBytes, maxHeaders * maxHeaderBytes)
        var kept: [Header] = []
        for header in headers.prefix(maxHeaders) {
            let size = header.name.utf8.count + header.value.utf8.count
            guard size <= maxHeaderBytes, size <= room else { continue }
            room -= size
            kept.append(header)
        }
        return kept
    }
}
