import Model
import Platform
import Synchronization
import Testing

@Suite struct ThreadTests {
    @Test func aThreadRunsUnderItsNameAndIsJoined() throws {
        let name = Mutex("")
        let thread = try NamedThread("reprise-test") {
            let file = try? RealFileSystem().open("/proc/thread-self/comm", .read)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
            defer { buffer.deallocate() }
            let count = (try? file?.read(into: buffer, at: 0)) ?? 0
            let text = String(decoding: buffer[0..<count].prefix { $0 != 10 }, as: UTF8.self)
            name.withLock { $0 = text }
        }
        thread.join()
        thread.join()
        #expect(name.withLock { $0 } == "reprise-test")
    }

    /// No change is missed, whenever it comes.
    @Test(arguments: [0, 100])
    func aSignalIsNeverMissed(spins: Int) throws {
        let rounds = 20_000
        let ping = Signal()
        let pong = Signal()
        let box = Mutex(0)
        let thread = try NamedThread("pong") {
            var seen: UInt32 = 0
            for round in 1...rounds {
                ping.wait(whileCountIs: seen, spins: spins)
                seen = ping.count
                box.withLock { $0 = round }
                pong.notify()
            }
        }
        var seen: UInt32 = 0
        for round in 1...rounds {
            ping.notify()
            pong.wait(whileCountIs: seen, spins: spins)
            seen = pong.count
            #expect(box.withLock { $0 } == round)
        }
        thread.join()
    }

    @Test func aWaitEndsAfterItsTime() {
        let signal = Signal()
        #expect(signal.wait(whileCountIs: signal.count, nanoseconds: 1) == false)
    }

    @Test func clocksGoOn() {
        let time = SystemTime()
        let first = time.monotonicNanoseconds()
        #expect(time.monotonicNanoseconds() >= first)
        // After 2020, before 2200.
        #expect(time.now().milliseconds > 1_577_836_800_000)
        #expect(time.now().milliseconds < 7_258_118_400_000)
    }
}
