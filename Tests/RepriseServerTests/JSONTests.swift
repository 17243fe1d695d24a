import Foundation
import Model
import TestSupport
import Testing

@testable import RepriseServer

@Suite struct JSONTests {
    private func parts(_ text: String) -> [String] {
        JSONParts.elements(of: Array(text.utf8)[...]).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func elementsAreFoundAsTheyAreWritten() {
        #expect(parts(" [ ] ").isEmpty)
        #expect(
            parts(#" [ 1.50 , "a,]\"b\\" ,[1,2] , {"a" : [ ] , "b":2}]"#) == [
                "1.50", #""a,]\"b\\""#, "[1,2]", #"{"a" : [ ] , "b":2}"#,
            ])
    }

    @Test func aValueIsFoundByItsOwnName() {
        func value(_ text: String) -> String? {
            JSONParts.value(of: "a", in: Array(text.utf8)[...]).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        #expect(value(#"{"b": {"a": 1}, "a" : [2, {"a": 3}] }"#) == #"[2, {"a": 3}]"#)
        #expect(value(#"{"b": "\"a\":1"}"#) == nil)
        #expect(value(#"{"c":"a","a":"a"}"#) == #""a""#)
        #expect(value("{}") == nil)
    }

    /// Whatever arrives is read or refused; nothing traps.
    @Test func anyBytesAreSurvived() {
        var random = SeededRandom(seed: 20_261_121)
        let letters = Array("{}[]\",:\\u0d8-1.eE+tfn \n".utf8) + [0xFF, 0xC3, 0]
        let reader = OperationReader()
        for _ in 0..<20_000 {
            let length = Int(random.next() % 24)
            let bytes = (0..<length).map { _ in letters[Int(random.next() % UInt64(letters.count))]
            }
            _ = JSONParts.elements(of: bytes[...])
            _ = try? reader.read(.open, bytes)
            _ = try? Batch(parsing: bytes, trace: [])
        }
    }

    @Test func answersKeepEveryByteOfText() throws {
        let text = "quote \" back \\ slash / line \n tab \t bell \u{7} ä 😀"
        let bytes = try WireJSON.encode(["b": text, "a": "x/y"])
        let written = String(decoding: bytes, as: UTF8.self)
        #expect(written.hasPrefix(#"{"a":"x/y","b":"#), "in order of the names")
        #expect(JSON(written)?["b"]?.string == text)
    }
}
