import Foundation
import Logging
import Reprise
import ServiceLifecycle
import UserService

/// A node and a worker of the recovery group in one process, with Kafka between them:
///
///     REPRISE_BROKERS=localhost:9092 swift run Worker
///
/// The node's sessions travel to Kafka; the worker recovers those that were interrupted, of this
/// node and of every other. Usually they are two programs; they share nothing but the topics.
/// Ends on SIGTERM or SIGINT.
@main
struct Worker {
    static func main() async throws {
        guard let brokers = ProcessInfo.processInfo.environment["REPRISE_BROKERS"] else {
            print("Set REPRISE_BROKERS to host:port of one or more brokers, comma separated.")
            exit(2)
        }
        let logger = Logger(label: "worker-example")
        let flow = SignUpFlow(users: Users(), profiles: Profiles())
        let configuration = configuration(
            brokers: brokers.split(separator: ",").map(String.init))

        let reprise = try await Reprise.open(configuration, logger: logger)
        let worker = try await RecoveryWorker.start(
            configuration,
            handlers: [
                SignUpFlow.kind: SignUpRecovery(users: flow.users, profiles: flow.profiles) {
                    print("recovered: \($0)")
                }
            ], logger: logger)
        // Services are stopped from the last to the first: clients, worker, node.
        try await ServiceGroup(
            services: [reprise, worker, Clients(flow: flow, reprise: reprise)],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }

    private static func configuration(brokers: [String]) -> RepriseConfiguration {
        var policy = KindPolicy()
        policy.lease = 5_000
        let directory = FileManager.default.temporaryDirectory.appending(path: "reprise-worker")
        return RepriseConfiguration(
            node: "worker-example", journal: JournalConfiguration(directory: directory.path),
            kinds: [SignUpFlow.kind: policy], kafka: KafkaConfiguration(brokers: brokers))
    }
}

/// A sign-up each second; most of them fail half-way.
struct Clients: Service {
    let flow: SignUpFlow
    let reprise: Reprise

    func run() async throws {
        let steps: [SignUpFlow.Step?] = [nil] + SignUpFlow.Step.allCases
        try await cancelWhenGracefulShutdown {
            for number in 1... {
                let nick = "user-\(UInt32.random(in: .min ... .max))"
                do {
                    try await flow.signUp(
                        nick, failingAfter: steps[number % steps.count], with: reprise)
                    print("signed up: \(nick)")
                } catch let error as SignUpFlow.AnswerLost {
                    print("failed: \(nick), the answer of \(error.step.rawValue) was lost")
                }
                guard (try? await Task.sleep(for: .seconds(1))) != nil else { return }
            }
        }
    }
}
