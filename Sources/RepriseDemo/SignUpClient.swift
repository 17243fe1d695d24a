internal import NIOHTTP1
internal import Synchronization

/// Signs users up over the node's HTTP API and the two services: M1 to M9 of the example.
final class SignUpClient: Sendable {
    /// Sign-ups of one process at a time.
    static let concurrency = 4

    private let world: World
    private let number: Int
    private let diary: Diary
    private let caller = Caller()
    private let next: Mutex<Int>

    static func diary(_ number: Int, in world: World) -> String {
        world.path("client-\(number).diary")
    }

    private init(_ world: World, number: Int) throws {
        self.world = world
        self.number = number
        let path = SignUpClient.diary(number, in: world)
        // A client that was killed goes on behind what it had begun.
        next = Mutex(Diary.read(path).count { $0.first == "began" })
        diary = try Diary(path)
    }

    static func run(_ world: World, number: Int) async throws {
        let client = try SignUpClient(world, number: number)
        await withTaskGroup { group in
            for _ in 0..<concurrency {
                group.addTask {
                    while let index = client.begin() { await client.signUp(index) }
                }
            }
        }
        await client.caller.close()
    }

    private func begin() -> Int? {
        next.withLock { next in
            let index = next * World.clients + number
            guard index < world.signUps else { return nil }
            next += 1
            diary.write("began \(index)")
            return index
        }
    }

    private func signUp(_ index: Int) async {
        var attempt = SignUpAttempt(
            plan: world.plan.signUp(index), caller: caller, world: world, diary: diary)
        do {
            try await attempt.run(index)
            diary.write("completed \(index)")
        } catch {
            await attempt.close()
            diary.write("left \(index)")
            await nodeIsBack()
        }
    }

    /// A node that is being restarted gets no storm of sign-ups that must fail.
    private func nodeIsBack() async {
        for _ in 0..<100 {
            let answer = try? await caller.send(.GET, "\(World.url(world.node))/health/live")
            if answer?.status == 200 { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }
}
