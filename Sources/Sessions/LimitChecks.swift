package import Model

extension Limits {
    package func check(record: [UInt8]) throws(RepriseError) {
        guard record.count <= maxRecordBytes else {
            throw RepriseError(
                .tooLarge,
                "The record has \(record.count) bytes; the limit is \(maxRecordBytes). "
                    + "Keep large data elsewhere and write a reference.")
        }
    }

    package func check(sessionBytes: Int) throws(RepriseError) {
        guard sessionBytes <= maxSessionBytes else {
            throw RepriseError(
                .tooLarge,
                "The session would have \(sessionBytes) bytes; the limit is \(maxSessionBytes). "
                    + "Use replace, or keep large data elsewhere.")
        }
    }

    package func check(lease: Milliseconds) throws(RepriseError) {
        guard lease > 0, lease <= maxLease else {
            throw RepriseError(
                .invalidRequest, "A lease is 1 to \(maxLease) ms; this one is \(lease).")
        }
    }

    package func check(headers: [Header]) throws(RepriseError) {
        guard headers.count <= maxHeaders else {
            throw RepriseError(
                .tooLarge, "The session has \(headers.count) headers; the limit is \(maxHeaders).")
        }
        for header in headers {
            guard !header.name.isEmpty else {
                throw RepriseError(.invalidRequest, "A header has an empty name.")
            }
            guard header.name.utf8.count + header.value.utf8.count <= maxHeaderBytes else {
                throw RepriseError(
                    .tooLarge, "A header is longer than the limit of \(maxHeaderBytes) bytes.")
            }
        }
    }
}
