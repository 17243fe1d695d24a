import Testing

@testable import RepriseServer

@Suite struct JSONTests {
    @Test(arguments: [
        (#"{"a": [1, -2.5e+3, true, null, "x"]}"#, 5), ("[]", 0), (" [ 1 , 2 ] ", 2),
    ])
    func readsValues(text: String, count: Int) throws {
        let json = try JSONParser.parse(Array(text.utf8))
        #expect((json["a"]?.array ?? json.array)?.count == count)
    }

    @Test func unescapesStrings() throws {
        let json = try JSONParser.parse(Array(#""\"\\\/\b\f\n\r\tA\u00e4\ud83d\ude00ü""#.utf8))
        #expect(json.string == "\"\\/\u{8}\u{C}\n\r\tAä😀ü")
    }

    @Test func keepsEveryDigitOfANumber() throws {
        let json = try JSONParser.parse(Array("9223372036854775807".utf8))
        #expect(json.integer == .max)
        #expect(try JSONParser.parse(Array("9223372036854775808".utf8)).integer == nil)
        #expect(try JSONParser.parse(Array("1.0".utf8)).integer == nil)
    }

    @Test(arguments: [
        ("", 1, 1), ("  ", 1, 3), ("{\"a\" 1}", 1, 6), ("{\n  \"a\": tru\n}", 2, 11),
        ("[1,]", 1, 4), ("[1 2]", 1, 4), ("01", 1, 1), ("-", 1, 1), ("1.", 1, 1), ("1e", 1, 1),
        ("\"a", 1, 1), ("\"\n\"", 1, 2), ("\"\\x\"", 1, 2), ("\"\\u12\"", 1, 2),
        ("\"\\udc00\"", 1, 2), ("\"\\ud800\\u0041\"", 1, 2), ("1 2", 1, 3), ("nulL", 1, 4),
        ("{\"a\":1,\"a\":2}", 1, 8), ("{a:1}", 1, 2), ("\u{FEFF}1", 1, 1),
    ])
    func saysWhereTheTextBreaks(text: String, line: Int, column: Int) {
        let error = #expect(throws: JSONSyntaxError.self) {
            try JSONParser.parse(Array(text.utf8))
        }
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    /// Whatever arrives is read or refused; nothing traps.
    @Test func anyBytesAreSurvived() {
        var random = SeededRandom(seed: 20_261_121)
        let letters = Array("{}[]\",:\\u0d8-1.eE+tfn \n".utf8) + [0xFF, 0xC3, 0]
        for _ in 0..<20_000 {
            let length = Int(random.next() % 24)
            let bytes = (0..<length).map { _ in letters[Int(random.next() % UInt64(letters.count))]
            }
            _ = try? JSONParser.parse(bytes)
        }
    }

    @Test func writesWhatItReads() throws {
        let text = "quote \" back \\ line \n tab \t bell \u{7} ä 😀"
        let bytes = JSONWriter.object { writer in
            writer.member("text", text)
            writer.member("number", Int64.min)
            writer.member("flag", false)
            writer.name("list")
            writer.array([1, 2]) { $0.integer($1) }
            writer.name("nothing")
            writer.null()
            writer.name("empty")
            writer.object { _ in }
        }
        let json = try JSONParser.parse(bytes)
        #expect(json["text"]?.string == text)
        #expect(json["number"]?.integer == .min)
        #expect(json["flag"]?.boolean == false)
        #expect(json["list"]?.array?.map(\.integer) == [1, 2])
        #expect(json["nothing"]?.isNull == true)
        #expect(json["empty"]?.members?.isEmpty == true)
    }
}

@Suite struct Base64Tests {
    /// The vectors of RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func agreesWithTheStandard(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Z===", "=Zg=", "Zm9v\n", "Zm-_", "Zg==Zg==",
        "äääa",
    ])
    func refusesEverythingElse(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func bytesSurviveTheTrip() {
        var random = SeededRandom(seed: 7)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
}

/// SplitMix64.
struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
