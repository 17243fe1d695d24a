import Platform
import TestSupport
import Testing

@Suite struct PermitsTests {
    @Test func aPlaceGoesToWhoeverHasWaitedLongest() async throws {
        let permits = Permits(1)
        #expect(await permits.acquire(within: .zero))
        let order = Probe<[Int]>([])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                let waiting = Probe(false)
                group.addTask {
                    waiting.update { $0 = true }
                    guard await permits.acquire(within: .seconds(120)) else { return }
                    order.update { $0.append(number) }
                    permits.release()
                }
                try? await waiting.wait("the task runs", seconds: 120) { $0 }
            }
            permits.release()
        }
        #expect(order.read { $0.sorted() } == [0, 1, 2, 3, 4])
        #expect(await permits.acquire(within: .zero))
    }

    @Test func waitingEndsWhenTheTimeIsUpOrTheTaskIsCancelled() async throws {
        let permits = Permits(0)
        #expect(await !permits.acquire(within: .milliseconds(1)))
        let task = Task { await permits.acquire(within: .seconds(3600)) }
        task.cancel()
        #expect(await !task.value)
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await permits.acquire(within: .seconds(3600))
        }
        #expect(await !early.value)
        // None of them is still in the queue: the place stays free.
        permits.release()
        #expect(await permits.acquire(within: .zero))
    }

    @Test func noPlaceIsLostOrMadeUpUnderContention() async {
        let permits = Permits(3)
        let inside = Probe((now: 0, most: 0))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2000 {
                group.addTask {
                    let patience: Duration = number % 3 == 0 ? .microseconds(50) : .seconds(120)
                    guard await permits.acquire(within: patience) else { return }
                    inside.update {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    await Task.yield()
                    inside.update { $0.now -= 1 }
                    permits.release()
                }
            }
        }
        #expect(inside.read { $0.most } <= 3)
        for _ in 0..<3 { #expect(await permits.acquire(within: .zero)) }
        #expect(await !permits.acquire(within: .zero))
    }
}
