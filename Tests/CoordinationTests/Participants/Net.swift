import Coordination
import Model
import RepriseTestKit
import Synchronization
import TestSupport
import Testing
import Transactions

/// Processes that reach each other by name, over a net that loses calls and answers: each has a journal
/// and a store of its own.
final class Net: Sendable {
    enum Verb: String, Sendable, CaseIterable {
        case request, prepare, commitOnePhase, commit, rollBack, end, list, ask
    }

    enum Fault: Sendable {
        /// The call does not arrive.
        case loses
        /// It does what it should, and the answer is lost.
        case losesAnswer
        /// It comes to another process than the one that was meant.
        case strays(String)
        /// Before the call arrives.
        case meanwhile(@Sendable () async throws -> Void)
    }

    struct Lost: Error {}

    private struct State {
        var rigs: [String: Rig] = [:]
        var stores: [String: MemoryResource] = [:]
        var links: [String: RemoteParticipant] = [:]
        var faults: [String: [Fault]] = [:]
        var cut: Set<String> = []
    }

    private let state = Mutex(State())
    /// "verb name", in the order of the calls' arrival.
    let diary = Probe<[String]>([])
    /// After so long a part asks: in most tests it has no reason to.
    let patience: Milliseconds

    init(patience: Milliseconds = 3_600_000) { self.patience = patience }

    /// Parts ask again and again.
    static let impatience: Milliseconds = 20

    // MARK: Processes

    /// Starts a process with a store of its own and a way to each of `others`.
    @discardableResult
    func start(
        _ name: String, calling others: [String] = [], extra: [any TransactionResource] = [],
        _ change: (inout Rig.Setting) -> Void = { _ in }
    ) throws -> Rig {
        let store = state.withLock { state in
            state.stores[name] = state.stores[name] ?? MemoryResource(name)
            return state.stores[name] ?? MemoryResource(name)
        }
        store["k"] = "old"
        let rig = try Rig(resources(name, store, others) + extra) { [patience] in
            $0.options.participantPatience = patience
            change(&$0)
        }
        up(name, rig)
        return rig
    }

    private func resources(
        _ name: String, _ store: MemoryResource, _ others: [String]
    ) -> [any TransactionResource] {
        [store]
            + others.map { other in
                let link = RemoteParticipant(
                    name: "to-\(other)", coordinator: name,
                    link: NetLink(net: self, from: name, to: other))
                state.withLock { $0.links["\(name)>\(other)"] = link }
                return link
            }
    }

    private func up(_ name: String, _ rig: Rig) {
        state.withLock { $0.rigs[name] = rig }
        rig.manager.participants.connect(NetSuperiors(net: self, at: name))
    }

    /// kill -9, and the next process with what the disk has.
    @discardableResult
    func restart(
        _ name: String, calling others: [String] = [],
        _ change: (inout Rig.Setting) -> Void = { _ in }
    ) async throws -> Rig {
        let rig = try #require(state.withLock { $0.rigs.removeValue(forKey: name) })
        let files = rig.files.kill()
        self[name].crash()
        await rig.close()
        let next = try Rig(resources(name, self[name], others), files: files) { [patience] in
            $0.options.participantPatience = patience
            change(&$0)
        }
        up(name, next)
        return next
    }

    /// Nobody reaches it, and it reaches nobody.
    func isolate(_ name: String) { state.withLock { _ = $0.cut.insert(name) } }
    func heal(_ name: String) { state.withLock { _ = $0.cut.remove(name) } }

    subscript(name: String) -> MemoryResource {
        state.withLock { $0.stores[name] } ?? MemoryResource(name)
    }

    /// How `caller` reaches `name`.
    func link(_ name: String, from caller: String) throws -> RemoteParticipant {
        try #require(state.withLock { $0.links["\(caller)>\(name)"] })
    }

    func rig(_ name: String) -> Rig? { state.withLock { $0.rigs[name] } }

    func close() async {
        let rigs = state.withLock { Array($0.rigs.values) }
        for rig in rigs { await rig.close() }
    }

    /// The values of all stores.
    var values: Set<String> {
        state.withLock { state in Set(state.stores.values.map { $0["k"] ?? "" }) }
    }

    var preparedBranches: Int {
        state.withLock { state in state.stores.values.reduce(0) { $0 + $1.prepared.count } }
    }

    // MARK: Trouble

    /// The next calls of `verb` to `name` go wrong in this order.
    func inject(_ fault: Fault, on verb: Verb, to name: String, times: Int = 1) {
        state.withLock { state in
            state.faults["\(verb.rawValue) \(name)", default: []] += Array(
                repeating: fault, count: times)
        }
    }

    func clearFaults() { state.withLock { $0.faults = [:] } }

    func count(_ verb: Verb, to name: String) -> Int {
        diary.read { $0.count { $0 == "\(verb.rawValue) \(name)" } }
    }

    func carry<Result: Sendable>(
        _ verb: Verb, from caller: String, to name: String,
        _ body: (Rig) async throws -> Result
    ) async throws -> Result {
        let key = "\(verb.rawValue) \(name)"
        let fault = state.withLock { state -> Fault? in
            guard state.faults[key]?.isEmpty == false else { return nil }
            return state.faults[key]?.removeFirst()
        }
        if case .meanwhile(let act) = fault { try await act() }
        let rig = state.withLock { state in
            let target = if case .strays(let other) = fault { other } else { name }
            return state.cut.isDisjoint(with: [caller, target]) ? state.rigs[target] : nil
        }
        if case .loses = fault { throw Lost() }
        guard let rig else { throw Lost() }
        diary.update { $0.append(key) }
        let result = try await body(rig)
        if case .losesAnswer = fault { throw Lost() }
        return result
    }

    // MARK: Work

    /// A request from `caller` to `name`, in the caller's transaction.
    @discardableResult
    func call<Result: Sendable>(
        _ name: String, from caller: String, in transaction: Transaction, readOnly: Bool = false,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        let participant = try link(name, from: caller)
        return try await transaction.enlist(participant).call(in: transaction) { context in
            try await carry(.request, from: caller, to: name) { rig in
                do {
                    let answer = try await rig.manager.participants.run(
                        TransactionContext(context.text), readOnly: readOnly, body)
                    return (answer.result, answer.part.map { .named($0) } ?? .none)
                } catch let failure as PartFailure {
                    throw failure.error
                }
            }
        }
    }

    /// Writes to the store of `name`, in a request.
    func write(_ name: String, from caller: String, in transaction: Transaction) async throws {
        try await call(name, from: caller, in: transaction) { [self] part in
            try await part.enlist(self[name]).write("k", "new")
        }
    }
}

private struct NetLink: ParticipantLink {
    let net: Net
    let from: String
    let to: String

    func prepare(_ xid: Xid, part: TransactionID?) async throws -> PartVote {
        try await net.carry(.prepare, from: from, to: to) {
            try await $0.manager.participants.prepare(xid, part: part)
        }
    }

    func commitOnePhase(_ xid: Xid, part: TransactionID?) async throws {
        try await net.carry(.commitOnePhase, from: from, to: to) {
            try await $0.manager.participants.commitOnePhase(xid, part: part)
        }
    }

    func commit(_ xid: Xid, part: RemotePart?) async throws {
        try await net.carry(.commit, from: from, to: to) {
            try await $0.manager.participants.commit(xid, part: part)
        }
    }

    func rollBack(_ xid: Xid) async throws {
        try await net.carry(.rollBack, from: from, to: to) {
            try await $0.manager.participants.rollBack(xid)
        }
    }

    func end(_ xid: Xid) async {
        try? await net.carry(.end, from: from, to: to) { await $0.manager.participants.end(xid) }
    }

    func prepared(after last: String) async throws -> [Xid] {
        try await net.carry(.list, from: from, to: to) {
            $0.manager.participants.prepared(after: last)
        }
    }
}

private struct NetSuperiors: SuperiorLink {
    let net: Net
    let at: String

    func accepts(_ address: String) -> Bool { address.count == 1 }

    func ask(_ superior: Superior) async throws -> SuperiorAnswer {
        try await net.carry(.ask, from: at, to: superior.address) {
            try await $0.manager.answer(about: superior.xid)
        }
    }
}
