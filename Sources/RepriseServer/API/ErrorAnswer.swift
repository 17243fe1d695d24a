package import Hummingbird
package import Model

/// An error as the API answers it, for servers that are not the API.
package enum ErrorAnswer {
    package static func response(_ error: RepriseError) throws -> Response {
        try Response(Refusal(error))
    }
}
