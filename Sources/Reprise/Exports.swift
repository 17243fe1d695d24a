// One import gives the library's vocabulary: kinds, policies, outcomes, errors, handlers.
@_exported public import Coordination
@_exported public import struct Kafka.KafkaConfiguration
@_exported public import struct Kafka.KafkaSASL
@_exported public import struct Kafka.KafkaSecret
@_exported public import struct Kafka.KafkaSecurity
@_exported public import struct Kafka.KafkaTLS
@_exported public import Model
@_exported public import struct Recovery.ClosureHandler
@_exported public import struct Recovery.KindStatus
@_exported public import struct Recovery.Pause
@_exported public import protocol Recovery.RecoveryHandler
@_exported public import struct Recovery.RecoverySession
@_exported public import struct Recovery.RecoveryStatus
@_exported public import struct Recovery.RunCounts
@_exported public import struct Recovery.RunTally
@_exported public import struct Sessions.AliveCounts
@_exported public import struct Sessions.Breaker
@_exported public import struct Sessions.Gate
@_exported public import struct Sessions.Session
@_exported public import struct Sessions.IgnoredCounts
@_exported public import enum Sessions.Ignored
@_exported public import struct Sessions.Readiness
@_exported public import Transactions
