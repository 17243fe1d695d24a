import Model
@testable import Recovery
import Testing

@Suite struct LowWaterAgeTests {
    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test func `the age is that of the last mark that counts`() {
        var marks = MarkKeeper(interval: 100)
        marks.look(now: at(1_000))
        #expect(marks.age(now: at(9_000)) == 0, "nothing has come")
        marks.folded()
        #expect(marks.age(now: at(9_000)) == 8_000)
        marks.written(5, now: at(9_000))
        marks.readBack(Mark(start: 5, owner: .nobody, journals: [:], totals: Totals()))
        #expect(marks.age(now: at(9_500)) == 8_500, "something unfinished begins before it")
        #expect(marks.reached { _ in true } == 5)
        #expect(marks.committed == 5)
        #expect(marks.age(now: at(9_500)) == 0)
        marks.folded()
        #expect(marks.age(now: at(9_700)) == 700)
    }
}
