import Foundation
import Logging
import Reprise
import UserService

/// Sign-ups that fail in every way, in one process and without Kafka: what was interrupted is
/// finished or undone, and nothing half-done stays.
@main
struct SignUp {
    static func main() async throws {
        let flow = SignUpFlow(users: Users(), profiles: Profiles())
        let (recovered, continuation) = AsyncStream<String>.makeStream()
        let handler = SignUpRecovery(users: flow.users, profiles: flow.profiles) {
            continuation.yield($0)
        }
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "reprise-sign-up-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let configuration = configuration(directory.path)
        var logger = Logger(label: "sign-up")
        logger.logLevel = .warning

        // The first life: clients that succeed, fail, and vanish.
        var reprise = try await Reprise.open(
            configuration, handlers: [SignUpFlow.kind: handler], logger: logger)
        try await flow.signUp("ann", with: reprise)
        print("ann: signed up")
        for (nick, step) in zip(["bob", "cid", "dora"], SignUpFlow.Step.allCases) {
            do {
                try await flow.signUp(nick, failingAfter: step, with: reprise)
            } catch let error as SignUpFlow.AnswerLost {
                print("\(nick): failed, the answer of \(error.step.rawValue) was lost")
            }
        }
        // Nobody completes or closes this one, as if its client were dead: its lease runs out.
        let lost = try await reprise.open(SignUpFlow.kind, record: Array("eve".utf8))
        try? await flow.work("eve", in: lost, failingAfter: .createProfile)
        print("eve: the client vanished")

        var answers = recovered.makeAsyncIterator()
        for _ in 0..<4 {
            if let answer = await answers.next() { print("recovered: \(answer)") }
        }

        // A second life of the process: the journal has what the first left behind.
        let left = try await reprise.open(SignUpFlow.kind, record: Array("finn".utf8))
        try? await flow.work("finn", in: left, failingAfter: .createProfile)
        print("finn: the node was stopped half-way")
        await reprise.close()
        reprise = try await Reprise.open(
            configuration, handlers: [SignUpFlow.kind: handler], logger: logger)
        if let answer = await answers.next() { print("recovered: \(answer)") }
        await reprise.close()

        await report(flow, reprise.sessions.status())
    }

    private static func configuration(_ directory: String) -> RepriseConfiguration {
        var policy = KindPolicy()
        policy.lease = 1_000
        policy.retry.firstDelay = 200
        var journal = JournalConfiguration(directory: directory)
        journal.segmentBytes = 1 << 22
        return RepriseConfiguration(
            node: "sign-up", journal: journal, kinds: [SignUpFlow.kind: policy])
    }

    private static func report(_ flow: SignUpFlow, _ status: NodeStatus) async {
        let users = await flow.users.users
        let profiles = await flow.profiles.owners
        let active = users.values.filter(\.isActive).map(\.nick).sorted()
        print("users: \(active.joined(separator: ", "))")
        let halfDone = users.values.count { !$0.isActive } + profiles.subtracting(users.keys).count
        print("half-done: \(halfDone)")
        print("unfinished sessions: \(status.alive.total)")
        guard active == ["ann", "dora"], halfDone == 0, status.alive.total == 0 else {
            print("This is not what should have happened.")
            exit(1)
        }
    }
}
