internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOHTTP1
internal import Traces

/// Reads what a request brings besides its method and path, within limits.
enum RequestReader {
    static let tokenHeader = HTTPField.Name("Reprise-Token")

    /// The body, said to be JSON or empty. One that grows past `limit` is refused while it is being
    /// read.
    static func json(of request: Request, limit: Int) async throws -> [UInt8] {
        let bytes = try await body(of: request, limit: limit)
        if !bytes.isEmpty {
            let type = request.headers[.contentType] ?? ""
            let name = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
            guard name == "application/json" else {
                throw Refusal(
                    .unsupportedMediaType, .invalidRequest,
                    "The body must be JSON: send Content-Type: application/json.")
            }
        }
        return bytes
    }

    private static func body(of request: Request, limit: Int) async throws -> [UInt8] {
        func check(_ size: Int) throws {
            guard size <= limit else {
                throw RepriseError(
                    .tooLarge, "The body is larger than the limit of \(limit) bytes.")
            }
        }
        // Said in advance: refused before a byte of it is read.
        if let declared = request.headers[.contentLength].flatMap({ Int($0) }) {
            try check(declared)
        }
        var bytes: [UInt8] = []
        var parts = request.body.makeAsyncIterator()
        while let part = try await next(&parts) {
            try check(bytes.count + part.readableBytes)
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    /// A body that ends before its time is the caller's doing, not a defect.
    private static func next(
        _ parts: inout RequestBody.AsyncIterator
    ) async throws -> ByteBuffer? {
        do {
            return try await parts.next()
        } catch let error as HTTPParserError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw RepriseError(.invalidRequest, "The body broke off.")
        }
    }

    static func reader(of request: Request, id: Substring?) throws(RepriseError) -> OperationReader
    {
        var reader = OperationReader(trace: trace(of: request))
        if let id { reader.id = try SessionID(checking: id) }
        if let name = tokenHeader, let text = request.headers[name] {
            reader.token = try Position(checkingToken: text)
        }
        return reader
    }

    /// The request's span, or the caller's trace context where there is no tracer: it goes into the
    /// session, and from there to every run.
    static func trace(of request: Request) -> [Header] {
        Spans.found?.currentHeaders ?? context(of: request)
    }

    static func context(of request: Request) -> [Header] {
        ["traceparent", "tracestate"].compactMap { name in
            guard let field = HTTPField.Name(name), let value = request.headers[field] else {
                return nil
            }
            return Header(name, value)
        }
    }
}
