internal import Foundation

/// The process's standard error, for lines that may get lost: what cannot be written is passed over.
/// `FileHandle` would end the process for a full disk, or for a pipe that nobody reads any more.
enum StandardError {
    static func put(_ line: Data) {
        line.withUnsafeBytes { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = write(STDERR_FILENO, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
    }
}
