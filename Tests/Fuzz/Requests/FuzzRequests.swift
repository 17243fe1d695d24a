import Model

@testable import RequestText

/// What a stranger sends as a body, a query, a path or a header, and a handler as its answer: an
/// operation or an error that is the sender's, and the same whenever it is read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRequests(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let text = String(decoding: bytes, as: UTF8.self)
    readBodies(bytes)
    readAddress(text)
    let now = { Timestamp(milliseconds: 1_700_000_000_000) }
    for status in [200, 503] {
        let answer = HandlerAnswer(
            status: status, contentType: "application/json", retryAfter: text, body: bytes)
        precondition(answer.outcome(now: now).newRecords.count <= count)
    }
    precondition(RetryAfter.delay(text, now: now) ?? 0 >= 0)
    return 0
}

/// Those of them that an operation can be read for; the others have no fields.
private let operations = Route.allCases.filter { !$0.fields.isEmpty }

private func readBodies(_ bytes: [UInt8]) {
    let reader = OperationReader(id: SessionID(high: 1, low: 2))
    for route in operations {
        let operation = expectNoDefect { () throws(RepriseError) in try reader.read(route, bytes) }
        guard let operation else { continue }
        precondition(operation == (try? reader.read(route, bytes)), "read again the same")
    }
    if let batch = expectNoDefect({ () throws(RepriseError) in
        try Batch(parsing: bytes, trace: [])
    }) {
        precondition(batch.items.count <= Batch.maxOperations)
    }
    let order = expectNoDefect { () throws(RepriseError) in
        try RequeueOrder(
            try WireJSON.decode(Given<RequeueOrder.Fields>.self, from: bytes)
                .only(RequeueOrder.Fields.names))
    }
    if let order {
        precondition(1...RequeueOrder.maxPerSecond ~= order.perSecond)
        precondition(0...RequeueOrder.maxSpread ~= order.spread)
    }
}

private func readAddress(_ text: String) {
    _ = Route.methods(of: text)
    expectNoDefect { () throws(RepriseError) in try SessionID(checking: text) }
    expectNoDefect { () throws(RepriseError) in try Position(checkingToken: text) }
    let parameters = text.split(separator: "&").map { parameter in
        let parts = parameter.split(separator: "=", maxSplits: 1)
        return (key: parts.first ?? "", value: parts.count > 1 ? parts[1] : "")
    }
    let filter = expectNoDefect { () throws(RepriseError) in
        try QueryReader.filter(of: parameters)
    }
    if let filter { precondition(1...SessionFilter.maxLimit ~= filter.limit) }
}

@discardableResult
private func expectNoDefect<Value>(
    _ body: () throws(RepriseError) -> Value
) -> Value? {
    do throws(RepriseError) {
        return try body()
    } catch {
        precondition(
            [.invalidRequest, .tooLarge].contains(error.code),
            "\(error.code): \(error.message)")
        return nil
    }
}
