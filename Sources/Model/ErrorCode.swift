/// The name of everything that can go wrong. Each code has a page, `schemas/errors/<code>.md`,
/// that says what happened and what to do.
public enum ErrorCode: String, Sendable, Hashable, CaseIterable {
    // A caller's request.
    case unknownKind
    case tooLarge
    case invalidRequest
    case notFound
    case leaseExpired
    case fenced
    case kindMismatch
    case diskFull
    case shuttingDown
    case tooManySessions
    case unauthorized
    case forbidden
    case tooManyRequests
    case outcomeUnknown

    // The local log.
    case journalLocked
    case journalDamaged
    case journalForeignFile
    case journalVersion
    case journalPoisoned
    case journalIO
    case journalBusy

    // Kafka.
    case kafkaConfiguration
    case kafkaUnreachable
    case kafkaRefused
    case kafkaFatal
    case kafkaTimeout
    case topicMissing
    case topicPolicy
    case topicPartitions
    case mirrorStalled
    case undecodable

    // Recovery.
    case handlerFailed
    case handlerTimeout
    case handlerMissing
    case handlerRefused
    case handlerUnavailable
    case attemptsExhausted
    case ageExceeded
    case unknownVersion
    case checkpointUnusable
    case conservation

    // Transactions.
    case noTransaction
    case transactionNotActive
    case transactionReadOnly
    case transactionRolledBack
    case transactionTimeout
    case transactionInDoubt
    case transactionHeuristic
    case transactionNesting
    case transactionRounds
    case transactionNotFound
    case xidInvalid
    case resourceUnsuitable
    case resourceUnknown
    case resourceFailed

    // The program.
    case configuration
    case internalDefect
    case clockSkew
    case diskSlow
    case secretReadable
}
