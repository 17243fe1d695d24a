internal import NIOSSL

extension HTTPHandler {
    /// Whether a request failed because there was no TLS with the other side: its certificate is not
    /// vouched for or is another host's, or it does not speak TLS.
    package static func isTLSFailure(_ error: any Error) -> Bool {
        error is NIOSSLError || error is NIOSSLExtraError
    }
}
