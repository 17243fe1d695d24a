import Model
import TestSupport
import Testing

@testable import RepriseHTTP

/// Tokens go to the configured address and to what is below it.
@Suite struct BaseAddressTests {
    @Test(arguments: [
        "https://b.example:1/shop", "https://b.example:1/shop/", "https://b.example:1/shop/orders",
        "https://b.example:1/shop?q=/../x",
    ])
    func `what is below is covered`(url: String) throws {
        #expect(try BaseAddress("https://b.example:1/shop/").covers(url))
    }

    @Test(arguments: [
        "http://b.example:1/shop", "https://b.example:12/shop", "https://b.example:1/shopping",
        "https://b.example:1/shop@evil.example", "https://b.example:1/shop/../admin",
        "https://b.example:1/shop/%2E%2e/admin", "https://b.example:1/shop\\admin",
        "https://b.example:1.evil.example/shop", "https://b.example:1/shop/a b", "",
    ])
    func `anything else is not`(url: String) throws {
        #expect(try !BaseAddress("https://b.example:1/shop").covers(url))
    }

    @Test func `an authority does not continue`() throws {
        let address = try BaseAddress("https://b.example")
        #expect(address.covers("https://b.example/"))
        for url in ["https://b.example.evil", "https://b.example:9/", "https://b.example@evil/"] {
            #expect(!address.covers(url))
        }
    }

    @Test(arguments: [
        "", "b.example", "ftp://b.example", "https://me:secret@b.example", "https://b.example?x",
        "https://b.example#x", "https://b.example/a/../b", "https:///x",
    ])
    func `what is no address is refused`(text: String) {
        #expect(throws: RepriseError.self) { try BaseAddress(text) }
    }
}
