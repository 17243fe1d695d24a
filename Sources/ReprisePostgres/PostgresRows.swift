/// What a statement returned.
public struct PostgresRows: Sendable, Hashable {
    /// The names of the columns; empty for a statement that returns no rows.
    public internal(set) var columns: [String] = []
    public internal(set) var rows: [PostgresRow] = []
    /// How many rows were inserted, updated, deleted or returned.
    public internal(set) var affected = 0
    /// What the server says it has done: `INSERT 0 1`, `COMMIT`.
    var tag = ""
}

extension PostgresRows: RandomAccessCollection {
    public var startIndex: Int { rows.startIndex }
    public var endIndex: Int { rows.endIndex }
    public subscript(position: Int) -> PostgresRow { rows[position] }
}

/// One row. Values are PostgreSQL's text form; nil is NULL.
public struct PostgresRow: Sendable, Hashable {
    public internal(set) var values: [String?]
    let columns: [String]

    /// The value in the column with this name; nil where it is NULL or there is no such column.
    public subscript(_ column: String) -> String? {
        guard let index = columns.firstIndex(of: column) else { return nil }
        return values[index]
    }

    /// The value in the column at this place, from 0; nil where it is NULL or there is none.
    public subscript(_ index: Int) -> String? {
        values.indices.contains(index) ? values[index] : nil
    }
}
