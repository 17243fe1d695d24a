import Foundation
import Logging
import RepriseServer
import Synchronization
import Testing

@Suite struct JSONLogHandlerTests {
    private final class Lines: Sendable {
        let text = Mutex("")

        func logger(_ change: (inout JSONLogHandler) -> Void = { _ in }) -> Logger {
            var handler = JSONLogHandler(
                label: "reprise", now: { Date(timeIntervalSince1970: 1_000.25) },
                write: { line in self.text.withLock { $0 += String(decoding: line, as: UTF8.self) }
                })
            change(&handler)
            return Logger(label: "reprise") { [handler] _ in handler }
        }
    }

    @Test func aLineIsAnObject() {
        let lines = Lines()
        var logger = lines.logger()
        logger[metadataKey: "reprise.node"] = "n1"
        logger.error(
            "it \"broke\"\nhere",
            metadata: ["reprise.error.code": "diskFull", "list": ["a", "b"], "map": ["k": "v"]])
        #expect(
            lines.text.withLock { $0 } == #"""
                {"level":"error","logger":"reprise","message":"it \"broke\"\nhere","metadata":{"list":["a","b"],"map":{"k":"v"},"reprise.error.code":"diskFull","reprise.node":"n1"},"time":"1970-01-01T00:16:40.250Z"}

                """#)
    }

    @Test func theLevelIsAValueOfEachLogger() {
        let lines = Lines()
        var logger = lines.logger { $0.logLevel = .warning }
        let copy = logger
        logger.logLevel = .trace
        copy.info("no")
        logger.trace("yes")
        #expect(lines.text.withLock { $0 }.split(separator: "\n").count == 1)
    }

    @Test func whatTheTaskSaysIsWrittenToo() {
        let lines = Lines()
        let provider = Logger.MetadataProvider { ["trace-id": "t", "k": "provided"] }
        let logger = lines.logger { $0.metadataProvider = provider }
        logger.info("hello", metadata: ["k": "own"])
        #expect(lines.text.withLock { $0 }.contains(#""metadata":{"k":"own","trace-id":"t"}"#))
    }
}
