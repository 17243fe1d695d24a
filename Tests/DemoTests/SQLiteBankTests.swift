import Foundation
import Model
import Testing
import Transactions

@testable import RepriseDemo

/// The banks of a run without PostgreSQL keep what they promise, over two processes' connections.
@Suite struct SQLiteBankTests {
    private let folder: URL
    private let bank: SQLiteBank
    /// As another process has it.
    private let heir: SQLiteBank
    private let xid = Xid(
        journal: 1, transaction: TransactionID(time: .zero, random: (1, 2)), number: 1)

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "bank-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "bank.sqlite").path()
        bank = try SQLiteBank("bank", path: path)
        try await bank.setUp(accounts: 2, balance: 100)
        heir = try SQLiteBank("bank", path: path)
    }

    private func prepare(_ amount: Int, _ xid: Xid, transfer: Int = 1) async throws -> Vote {
        let branch = try await bank.begin(xid, readOnly: false)
        try await branch.book(
            Books.Entry(transfer: transfer, account: 0, amount: amount, transaction: "tx"))
        return try await branch.prepare()
    }

    @Test func whatIsPreparedCanBeCommittedByAnother() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try await prepare(-60, xid) == .prepared)
        #expect(try await heir.preparedBranches() == [xid])
        #expect(try await heir.books().balances == [0: 100, 1: 100])
        try await heir.commitPrepared(xid)
        try await heir.commitPrepared(xid)
        let books = try await bank.books()
        #expect(books.balances == [0: 40, 1: 100] && books.prepared == 0)
        #expect(books.entries.map(\.amount) == [-60])
    }

    @Test func whatIsPreparedCanBeRolledBackByAnother() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try await prepare(-60, xid) == .prepared)
        try await heir.rollbackPrepared(xid)
        try await heir.rollbackPrepared(xid)
        try await heir.commitPrepared(xid)
        let books = try await bank.books()
        #expect(books.balances == [0: 100, 1: 100] && books.entries.isEmpty)
    }

    @Test func whatOthersHavePreparedToTakeIsHeldBack() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let other = Xid(
            journal: 1, transaction: TransactionID(time: .zero, random: (3, 4)), number: 1)
        #expect(try await prepare(-60, xid) == .prepared)
        await #expect(throws: DemoError.self) { try await prepare(-60, other, transfer: 2) }
        #expect(try await bank.preparedBranches() == [xid])
        try await bank.rollbackPrepared(xid)
        #expect(try await prepare(-60, other, transfer: 2) == .prepared)
    }

    @Test func aReceiptIsWrittenOnce() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let receipt = Receipt(transfer: 1, transaction: "tx", session: "s")
        try await bank.add(receipt)
        try await heir.add(receipt)
        #expect(try await bank.books().receipts == [receipt])
    }

    @Test func aBranchWithoutEntriesVotesReadOnly() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try await bank.begin(xid, readOnly: false).prepare() == .readOnly)
    }
}
