internal import Foundation
internal import Model

/// Reads named tokens, one a line: `name scopes token [expires=when]`. schemas/access.md describes
/// it. No message shows a token.
enum TokenList {
    static let maxTokens = 1_000
    static let maxNameBytes = 64

    /// `source` says where the text comes from, for messages.
    static func parse(_ text: String, from source: String) throws(RepriseError) -> [NamedToken] {
        var tokens: [NamedToken] = []
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            do throws(RepriseError) {
                tokens.append(try token(words))
            } catch {
                throw RepriseError(
                    .configuration, "\(source), line \(index + 1): \(error.message)")
            }
        }
        guard (1...maxTokens).contains(tokens.count) else {
            throw RepriseError(
                .configuration, "\(source) has \(tokens.count) tokens; it needs 1 to \(maxTokens).")
        }
        return tokens
    }

    private static func token(_ words: [Substring]) throws(RepriseError) -> NamedToken {
        guard (3...4).contains(words.count) else {
            throw RepriseError(
                .configuration, "Write a token as: name scopes token [expires=2030-01-31].")
        }
        let expires = words.count == 4 ? try self.expires(words[3]) : nil
        let digest = try digest(words[2])
        return NamedToken(
            name: try name(words[0]), scopes: try scopes(words[1]), expires: expires,
            digest: digest)
    }

    private static func name(_ text: Substring) throws(RepriseError) -> String {
        guard Kind.isValid(String(text)), text.utf8.count <= maxNameBytes else {
            throw RepriseError(
                .configuration,
                "The first word is a name of 1 to \(maxNameBytes) letters, digits, '.', '_' or "
                    + "'-'.")
        }
        return String(text)
    }

    private static func scopes(_ text: Substring) throws(RepriseError) -> Set<Scope> {
        var scopes: Set<Scope> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let scope = Scope(rawValue: String(word)) else {
                let known = Scope.allCases.map(\.rawValue).joined(separator: ",")
                throw RepriseError(
                    .configuration, "The second word is a list of scopes, such as \(known).")
            }
            scopes.insert(scope)
        }
        return scopes
    }

    private static func digest(_ text: Substring) throws(RepriseError) -> TokenDigest {
        guard text.hasPrefix("sha256:") else { return try AccessToken(String(text)).digest }
        guard let digest = TokenDigest(hexadecimal: text.dropFirst("sha256:".count)) else {
            throw RepriseError(
                .configuration, "After sha256: come the 64 hexadecimal digits of the digest.")
        }
        return digest
    }

    /// A day, which begins at midnight UTC, or a time with its zone.
    private static func expires(_ text: Substring) throws(RepriseError) -> Timestamp {
        let failure = RepriseError(
            .configuration,
            "The last word is expires= and a day or a time, such as expires=2030-01-31 or "
                + "expires=2030-01-31T12:00:00Z.")
        guard text.hasPrefix("expires=") else { throw failure }
        let value = text.dropFirst("expires=".count)
        let time = value.utf8.count == 10 ? "\(value)T00:00:00Z" : String(value)
        guard let date = try? Date(time, strategy: .iso8601) else { throw failure }
        // A day that no calendar has is read as one of the next month.
        let isDay = value.utf8.count == 10
        guard !isDay || date.formatted(.iso8601.year().month().day()) == value else {
            throw failure
        }
        return Timestamp(milliseconds: Int64(date.timeIntervalSince1970 * 1_000))
    }
}
