import Foundation
import HTTPTypes
import Model
import NIOCore
import Testing

@testable import RepriseServer

/// The console as files: what the browser gets, and with which headers. What it does in a browser is
/// tested by scripts/console.sh.
@Suite struct ConsoleTests {
    private static let assets = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/CConsole/Assets")

    private func paths() throws -> Set<String> {
        let walker = try #require(
            FileManager.default.enumerator(
                at: Self.assets, includingPropertiesForKeys: [.isRegularFileKey]))
        var found: Set<String> = []
        for case let url as URL in walker
        where try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
            found.insert(String(url.path.dropFirst(Self.assets.path.count + 1)))
        }
        return found
    }

    @Test func everyFileIsPartOfTheProgram() async throws {
        let paths = try paths()
        #expect(paths.count > 10)
        #expect(Set(ConsoleAsset.all.keys) == paths)
        for (path, asset) in ConsoleAsset.all {
            let file = try Data(contentsOf: Self.assets.appending(path: path))
            #expect(file.elementsEqual(asset.content.readableBytesView), "\(path)")
        }
    }

    @Test func everyFileIsServedWithItsTypeAndAStrictPolicy() async throws {
        let types = [
            "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
            "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
        ]
        try await API.withServer { (api) async throws in
            for path in ConsoleAsset.all.keys {
                let reply = try await api.get("/console/\(path)")
                #expect(reply.status == .ok)
                #expect(reply.headers[.contentType] == types[String(path.split(separator: ".")[1])])
                #expect(reply.headers[.contentSecurityPolicy] == ConsoleAnswer.policy)
                #expect(reply.headers[.xContentTypeOptions] == "nosniff")
            }
            #expect(!ConsoleAnswer.policy.contains("unsafe"))
            #expect(!ConsoleAnswer.policy.contains("*"))
        }
    }

    @Test func thePageHasNoScriptOrStyleOfItsOwn() throws {
        let html = try String(
            contentsOf: Self.assets.appending(path: "index.html"), encoding: .utf8)
        for line in html.split(separator: "\n") where line.contains("<script") {
            #expect(line.contains("src="))
        }
        #expect(!html.contains("<style") && !html.contains("style=") && !html.contains(" on"))
        #expect(!html.contains("http://") && !html.contains("https://"))
    }

    /// Records are hostile input: nothing in the console may make markup or code of a text.
    @Test func noFileMakesMarkupOrCodeOfText() throws {
        let forbidden = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
            "new Function", "DOMParser", "createContextualFragment", "srcdoc", "localStorage",
            "document.cookie",
        ]
        for path in try paths() where path.hasSuffix(".js") {
            let text = try String(
                contentsOf: Self.assets.appending(path: path), encoding: .utf8)
            for word in forbidden { #expect(!text.contains(word), "\(path): \(word)") }
        }
    }

    @Test func theFolderLeadsToThePage() async throws {
        try await API.withServer { (api) async throws in
            let moved = try await api.get("/console")
            #expect(moved.status == .permanentRedirect)
            #expect(moved.headers[.location] == "console/")
            let page = try await api.get("/console/")
            #expect(page.status == .ok)
            #expect(page.text.hasPrefix("<!doctype html>"))
            let asked = try await api.get("/console/?a=b")
            #expect(asked.text == page.text)
        }
    }

    @Test func whatTheBrowserHasIsNotSentAgain() async throws {
        try await API.withServer { (api) async throws in
            let first = try await api.get("/console/")
            let tag = try #require(first.headers[.eTag])
            #expect(first.headers[.cacheControl] == "no-cache")
            for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let again = try await api.get("/console/", headers: [.ifNoneMatch: known])
                #expect(again.status == .notModified)
                #expect(again.text.isEmpty)
                #expect(again.headers[.eTag] == tag)
            }
            let changed = try await api.get("/console/", headers: [.ifNoneMatch: "\"other\""])
            #expect(changed.status == .ok)
        }
    }

    @Test func theHeadIsThatOfTheFile() async throws {
        try await API.withServer { (api) async throws in
            let page = try await api.get("/console/")
            let head = try await api.send(.head, "/console/")
            #expect(head.status == .ok)
            #expect(head.text.isEmpty)
            #expect(head.headers[.contentLength] == String(page.text.utf8.count))
        }
    }

    @Test(arguments: [
        "/console/nothing.js", "/console/../v1/sessions", "/console/%2e%2e/index.html",
        "/console/index.html/", "/consolation",
    ])
    func whatIsNoFileIsNotFound(path: String) async throws {
        try await API.withServer { (api) async throws in
            #expect(try await api.get(path).status == .notFound)
        }
    }

    @Test func thePagesNeedNoTokenAndTheirQuestionsDo() async throws {
        var configuration = ServerConfiguration()
        configuration.token = try AccessToken("correct-horse-battery-staple")
        try await API.withServer(MemoryStore(), configuration) { (api) async throws in
            for path in ["/console", "/console/", "/console/js/main.js"] {
                #expect(try await api.get(path).status != .unauthorized)
            }
            #expect(try await api.get("/v1/sessions").status == .unauthorized)
            #expect(try await api.post("/console/").status == .unauthorized)
        }
    }
}
