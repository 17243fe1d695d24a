import Platform
import Testing

@Suite struct ImmediateTaskTests {
    @TaskLocal private static var word = ""

    @Test func `the cancellation of the caller stays outside`() async {
        let seen = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let inside = await shieldedFromCancellation {
                await Task.yield()
                return Task.isCancelled
            }
            return (inside: inside, outside: Task.isCancelled)
        }.value
        #expect(!seen.inside && seen.outside)
    }

    @Test func `what the caller's task carries goes inside`() async {
        let seen = await Self.$word.withValue("carried") {
            await shieldedFromCancellation { Self.word }
        }
        #expect(seen == "carried")
    }

    @Test func `children that are added at once wait side by side`() async {
        let (first, second) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
        await withTaskGroup(of: Void.self) { group in
            // Each waits for the other: one after the other they would never end.
            group.addAtOnce {
                first.continuation.finish()
                for await _ in second.stream {}
            }
            group.addAtOnce {
                second.continuation.finish()
                for await _ in first.stream {}
            }
        }
    }
}
