internal import Model
internal import Synchronization
internal import Transactions

/// The parts of other processes' transactions that are at work here, by the branch that each is.
final class ParticipantList: Sendable {
    private struct State {
        var participants: [Xid: Participant] = [:]
        var link: (any SuperiorLink)?
        var isClosed = false
    }

    private let state = Mutex(State())

    subscript(xid: Xid) -> Participant? { state.withLock { $0.participants[xid] } }

    var all: [Participant] { state.withLock { Array($0.participants.values) } }

    var link: (any SuperiorLink)? { state.withLock { $0.link } }

    func connect(_ link: any SuperiorLink) { state.withLock { $0.link = link } }

    enum Entry {
        case found(Participant)
        case made(Participant)
        case full
        case closed
    }

    func find(_ xid: Xid, limit: Int, orMake make: () -> Participant) -> Entry {
        state.withLock { state in
            if let found = state.participants[xid] { return .found(found) }
            if state.isClosed { return .closed }
            guard state.participants.count < limit else { return .full }
            let made = make()
            state.participants[xid] = made
            return .made(made)
        }
    }

    func remove(_ participant: Participant) {
        state.withLock { state in
            // Its place may be another's by now.
            guard state.participants[participant.superior.xid] === participant else { return }
            state.participants[participant.superior.xid] = nil
        }
    }

    /// Nobody waits for a superior any more: what is prepared stays so in the log.
    func close() {
        let all = state.withLock { state in
            state.isClosed = true
            return Array(state.participants.values)
        }
        for participant in all { participant.abandon() }
    }
}

extension SharedCoordination {
    /// - Throws: `resourceUnknown` where nothing here knows how to reach coordinators.
    func ask(_ superior: Superior) async throws -> SuperiorAnswer {
        guard let link = participants.link, link.accepts(superior.address) else {
            throw RepriseError(
                .resourceUnknown,
                "This process does not know the coordinator of the transaction. Name its address "
                    + "where the participants are set up; it is asked again by itself.")
        }
        return try await link.ask(superior)
    }
}
