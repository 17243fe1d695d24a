import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Model
import Reprise
import Testing
import Yams

@testable import RepriseServer

/// What is written down agrees with the code.
@Suite struct DocumentationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let pages = root.appending(path: "schemas/errors")

    private func document() throws -> Yams.Node {
        let url = Self.root.appending(path: "schemas/openapi.yaml")
        let text = try String(contentsOf: url, encoding: .utf8)
        return try #require(try Yams.compose(yaml: text))
    }

    // MARK: OpenAPI

    @Test func theDocumentHasExactlyTheRoutes() throws {
        let methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"]
        var written: [String: String] = [:]
        for (path, item) in try #require(document()["paths"]?.mapping) {
            for (key, operation) in item.mapping ?? [:] {
                guard let method = key.string, methods.contains(method) else { continue }
                let route = "\(method.uppercased()) \(path.string ?? "")"
                written[route] = operation["operationId"]?.string ?? ""
            }
        }
        var wanted: [String: String] = [:]
        for route in Route.allCases {
            wanted["\(route.method.rawValue) \(route.path)"] = route.rawValue
        }
        #expect(written == wanted)
    }

    @Test func theRouterHasExactlyTheRoutes() {
        let store = MemoryStore()
        let router = APIRouter(
            store: store, operators: Operators(store, logger: Logger(label: "test")),
            configuration: ServerConfiguration(), registry: PrometheusRegistry(),
            gatekeeper: Gatekeeper(tokens: [])
        ).router()
        let built = router.routes.map { "\($0.method.rawValue) \($0.path.description)" }
        let wanted = Route.allCases.map { "\($0.method.rawValue) \($0.path)" }
        #expect(built.sorted() == wanted.sorted())
    }

    @Test func theDocumentListsTheErrorCodes() throws {
        let codes = try document()["components"]?["schemas"]?["ErrorCode"]?["enum"]?.array()
        #expect(codes?.map(\.string) == ErrorCode.allCases.map(\.rawValue))
    }

    @Test func theDocumentListsTheOperationsOfABatch() throws {
        let names = try document()["components"]?["schemas"]?["Operation"]?["properties"]?[
            "operation"]?["enum"]?.array()
        let reader = OperationReader(id: SessionID(high: 1, low: 1))
        let readable = Route.allCases.filter { route in
            do throws(RepriseError) {
                _ = try reader.read(route, [])
                return true
            } catch {
                return !error.message.hasSuffix("is not an operation.")
            }
        }
        #expect(Set(names?.compactMap(\.string) ?? []) == Set(readable.map(\.rawValue)))
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let document = try document()
        var references: [String] = []
        collect(document, into: &references)
        #expect(references.count > 50)
        for reference in Set(references) {
            let parts = reference.split(separator: "/").dropFirst().map(String.init)
            let target = parts.reduce(Yams.Node?.some(document)) { $0?[$1] }
            #expect(target != nil, "\(reference)")
        }
    }

    private func collect(_ node: Yams.Node, into references: inout [String]) {
        for (key, value) in node.mapping ?? [:] {
            if key.string == "$ref", let text = value.string { references.append(text) }
            collect(value, into: &references)
        }
        for element in node.sequence ?? [] { collect(element, into: &references) }
    }

    /// The fields that the document allows are those that the reader knows.
    @Test(arguments: [
        ("Open", Route.open), ("Write", .append), ("Write", .replace), ("Extend", .extend),
        ("Complete", .complete), ("After", .close), ("After", .requeue), ("Park", .park),
        ("Nothing", .cancel),
    ])
    func theDocumentedFieldsAreRead(schema: String, route: Route) throws {
        let samples = [
            "id": #""0198c0de-0000-7000-8000-000000000001""#, "kind": #""order""#,
            "record": #""YQ==""#, "recordText": #""a""#, "recordJSON": "1", "headers": "[]",
            "leaseMs": "1", "byMs": "1", "afterMs": "1", "acknowledgement": #""local""#,
            "token": #""5""#, "relaxed": "true", "reason": #""r""#,
        ]
        let properties = try document()["components"]?["schemas"]?[schema]?["properties"]?.mapping
        let names = properties?.keys.compactMap(\.string) ?? []
        let reader = OperationReader(
            id: route == .open ? nil : SessionID(text: "0198c0de-0000-7000-8000-000000000001"))
        for sent in names where sent != "kind" {
            var fields: [String] = [#""\#(sent)": \#(try #require(samples[sent]))"#]
            if route == .open { fields.append(#""kind": "order""#) }
            let needsRecord = schema == "Write" && !sent.hasPrefix("record")
            if needsRecord { fields.append(#""recordText": "a""#) }
            let body = "{\(fields.joined(separator: ", "))}"
            _ = try reader.read(route, Array(body.utf8))
        }
        let known = Set(names)
        for other in samples.keys where !known.contains(other) {
            var fields: [String] = [#""\#(other)": \#(try #require(samples[other]))"#]
            if route == .open { fields.append(#""kind": "order""#) }
            if schema == "Write" { fields.append(#""recordText": "a""#) }
            let body = "{\(fields.joined(separator: ", "))}"
            #expect(throws: RepriseError.self, "\(other)") {
                try reader.read(route, Array(body.utf8))
            }
        }
    }

    // MARK: Pages

    @Test func everyCodeHasAPageAndEveryPageACode() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.pages.path)
        let wanted = ErrorCode.allCases.map { "\($0.rawValue).md" }
        #expect(names.sorted() == wanted.sorted())
    }

    @Test(arguments: ErrorCode.allCases)
    func aPageSaysWhatToDo(code: ErrorCode) throws {
        let url = Self.root.appending(path: code.page)
        let text = try String(contentsOf: url, encoding: .utf8)
        #expect(text.hasPrefix("# \(code.rawValue)\n"))
        for heading in ["## What happened", "## Why", "## What to do", "## Is anything lost?"] {
            #expect(text.contains("\n\(heading)\n"), "\(heading)")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        #expect((10...40).contains(lines), "\(lines) lines")
        let line = "\nHTTP status \(code.status.code).\n"
        #expect(text.contains(line) == (code.status != .internalServerError))
    }

    // MARK: Example configuration

    @Test(arguments: ["standalone.yaml", "node.yaml", "worker.yaml", "node.json"])
    func theExampleConfigurationsAreRead(name: String) throws {
        let path = Self.root.appending(path: "schemas/config/\(name)").path
        // The examples name token files of a server; a token of the environment comes before them.
        let environment = [
            "REPRISE_SERVER_TOKEN": "a-token-of-the-environment",
            "REPRISE_KAFKA_PROPERTIES_SASL_PASSWORD": ["node.yaml", "worker.yaml"].contains(name)
                ? "a-password" : nil,
        ].compactMapValues { $0 }
        let settings = try Settings.load(file: path, environment: environment)
        try settings.reprise.validate()
        #expect(!settings.reprise.kinds.isEmpty)
        #expect(settings.warnings.isEmpty)
    }
}
