internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore

/// Why another process could not be reached, for people: the libraries' own texts are for those who
/// debug the libraries.
package enum ConnectionFailure {
    /// Without a full stop at the end.
    package static func text(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as HTTPClientError: text(error)
        default: "\(error)"
        }
    }

    private static func text(_ error: HTTPClientError) -> String {
        switch error {
        case .remoteConnectionClosed: "the other side closed the connection before it answered"
        case .connectTimeout: "the connection was not made in time"
        case .deadlineExceeded, .readTimeout: "no answer came in time"
        default: "\(error)"
        }
    }
}
