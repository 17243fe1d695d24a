import Testing

@testable import RepriseCommand

@Suite struct TerminalTests {
    @Test func `a table has text to the left and numbers to the right`() {
        var table = TextTable([.text("KIND"), .number("N"), .text("WHY")])
        table.add(["user.create", "7", ""])
        table.add(["a", "120", "because"])
        #expect(
            table.text == """
                KIND           N  WHY
                user.create    7
                a            120  because
                """)
    }

    @Test func `what others wrote does not steer the terminal`() {
        #expect(TextTable.plain("a\u{1B}[31mb\nc\u{202E}d ä→") == "a�[31mb�c�d ä→")
    }

    @Test(arguments: [
        (0, "0 ms"), (999, "999 ms"), (1_000, "1 s"), (1_500, "1.5 s"), (10_500, "10 s"),
        (61_000, "1 min 1 s"), (3_600_000, "1 h"), (3_601_000, "1 h"),
        (90_061_000, "1 d 1 h"), (-5, "0 ms"),
    ]) func `durations have two units at most`(milliseconds: Int64, text: String) {
        #expect(Words.duration(milliseconds) == text)
    }

    @Test(arguments: [
        (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_610_612_736, "1.5 GiB"),
    ]) func `sizes have binary units`(bytes: Int64, text: String) {
        #expect(Words.bytes(bytes) == text)
    }
}
