internal import Glibc
package import Model

/// The error for a failed call of the operating system: what was tried on which file, and the errno
/// as the cause.
package func systemError(_ action: String, _ path: String, _ number: CInt) -> RepriseError {
    let cause = "\(String(cString: strerror(number))) (errno \(number))"
    switch number {
    case ENOSPC, EDQUOT:
        return RepriseError(
            .diskFull, "Could not \(action) \(path): the disk is full. Free some space.",
            cause: cause)
    case EWOULDBLOCK where action == "lock":
        return RepriseError(
            .journalLocked,
            "Another process uses this journal (\(path)). Stop it, or give each its own directory.",
            cause: cause)
    default:
        return RepriseError(
            .journalIO, "Could not \(action) \(path). Check the disk and the permissions.",
            cause: cause)
    }
}
