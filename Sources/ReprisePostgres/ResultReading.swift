internal import CPostgres

/// Puts together what a message's results say. Rows come one by one, so that a result that is too
/// large does not fill the memory first.
struct ResultReading {
    enum Next { case goOn, cancel, giveUp }

    private let limit: Int
    private var answer = PostgresRows()
    private var bytes = 0
    private var isTooLarge = false
    private(set) var failure: SQLFailure?

    init(limit: Int) {
        self.limit = limit
    }

    mutating func take(_ result: OpaquePointer) -> Next {
        switch PQresultStatus(result) {
        case PGRES_SINGLE_TUPLE: return add(result)
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
            let rows = answer.rows
            answer = PostgresRows(columns: ResultReading.columns(result), rows: rows)
            answer.tag = PQcmdStatus(result).map { String(cString: $0) } ?? ""
            answer.affected = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
            return .goOn
        case PGRES_EMPTY_QUERY:
            failure = failure ?? .refused("there is no statement")
            return .goOn
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: return .giveUp
        default:
            failure = failure ?? SQLFailure(result: result)
            return .goOn
        }
    }

    func rows() throws(SQLFailure) -> PostgresRows {
        if isTooLarge { throw .refused("the result has more than \(limit) bytes") }
        if let failure { throw failure }
        return answer
    }

    private mutating func add(_ result: OpaquePointer) -> Next {
        if isTooLarge { return .goOn }
        if answer.columns.isEmpty { answer.columns = ResultReading.columns(result) }
        var values: [String?] = []
        for column in 0..<PQnfields(result) {
            if PQgetisnull(result, 0, column) == 1 {
                values.append(nil)
                continue
            }
            let count = Int(PQgetlength(result, 0, column))
            bytes += count
            values.append(
                PQgetvalue(result, 0, column).map { pointer in
                    let text = UnsafeRawBufferPointer(start: pointer, count: count)
                    return String(decoding: text, as: UTF8.self)
                })
        }
        // What a row costs besides its values.
        bytes += 16 * (values.count + 1)
        guard bytes <= limit else {
            isTooLarge = true
            answer.rows = []
            return .cancel
        }
        answer.rows.append(PostgresRow(values: values, columns: answer.columns))
        return .goOn
    }

    private static func columns(_ result: OpaquePointer) -> [String] {
        (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
    }
}
