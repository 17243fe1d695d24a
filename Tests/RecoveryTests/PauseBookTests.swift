import Model
import Platform
@testable import Recovery
import TestSupport
import Testing

@Suite struct PauseBookTests {
    private let kind = Kind(unchecked: "order")
    private let pause = Pause(
        since: Timestamp(milliseconds: 5), by: "ann", reason: "shop\tclosed\nuntil ten")

    private func files() -> SimulatedFileSystem { SimulatedFileSystem() }

    @Test func `what is paused is paused after a restart`() throws {
        let files = files()
        let book = try PauseBook(directory: "d", files: files)
        #expect(book.all.isEmpty)
        try book.set(kind, pause)
        try book.set(Kind(unchecked: "other"), Pause(since: .zero, by: "bob", reason: ""))
        try book.set(Kind(unchecked: "other"), nil)
        var random = SimulatedRandom(seed: 1)
        let again = try PauseBook(directory: "d", files: files.crash(using: &random))
        #expect(again.all == [kind: pause])
        #expect(again.all[kind]?.reason == "shop closed until ten", "one line")
    }

    @Test func `a file that cannot be read is not passed over`() throws {
        let files = files()
        try files.replace("d/paused-kinds", in: "d", with: Array("order\tsoon\n".utf8))
        let error = #expect(throws: RepriseError.self) {
            try PauseBook(directory: "d", files: files)
        }
        #expect(error?.code == .configuration)
    }

    @Test func `without a directory it lasts as long as the process`() throws {
        let book = PauseBook()
        try book.set(kind, pause)
        #expect(book.all == [kind: pause])
    }

    @Test func `a long reason is cut`() {
        let long = Pause(since: .zero, by: "", reason: String(repeating: "ü", count: 2_000))
        #expect(long.reason.utf8.count <= 1_024)
    }
}
