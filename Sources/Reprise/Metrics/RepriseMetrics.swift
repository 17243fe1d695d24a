/// Every metric of a node and of a worker: the table. `schemas/metrics.md` is printed from it, and a
/// test holds real processes to it.
public enum RepriseMetrics {
    /// In the order of the document.
    public static let all: [MetricDefinition] =
        sessions + handlers + journal + mirror + group + transactions + process

    // MARK: Sessions

    static let sessionsAlive = MetricDefinition(
        "reprise_sessions", .gauge, ["kind", "phase"], in: .all,
        "Sessions that are not finished, by phase: open, waiting, running, parked. Kinds that are not configured are counted as `other`."
    )
    static let opened = MetricDefinition(
        "reprise_sessions_opened", .gauge, in: .all,
        "Sessions that the log has ever had: the journal's as far back as it goes, or those of the partitions that the worker has. Falls when a partition is given up."
    )
    static let completed = MetricDefinition(
        "reprise_sessions_completed", .gauge, in: .all,
        "Those of them that were completed.")
    static let cancelled = MetricDefinition(
        "reprise_sessions_cancelled", .gauge, in: .all,
        "Those of them that an operator dropped.")
    static let deadLettered = MetricDefinition(
        "reprise_sessions_dead_lettered", .gauge, in: .all,
        "Those of them that went to the dead letters, less those that were requeued from there.")
    static let handedOver = MetricDefinition(
        "reprise_sessions_handed_over", .gauge, in: .all,
        "Those of them that a node left to the recovery group.")
    static let conservation = MetricDefinition(
        "reprise_conservation_difference", .gauge, in: .all,
        "opened − (completed + cancelled + dead-lettered + handed over + not finished); over a worker's partitions the sum of the amounts. Anything but 0 is a defect: see `conservation`."
    )
    static let ignored = MetricDefinition(
        "reprise_events_ignored_total", .counter, ["reason"], in: .all,
        "Events that changed nothing, by reason, those met while the log was replayed included. `gap` is a defect; the others are normal."
    )

    public static let sessions = [
        sessionsAlive, opened, completed, cancelled, deadLettered, handedOver, conservation,
        ignored,
    ]

    // MARK: Recovery

    static let ready = MetricDefinition(
        "reprise_sessions_ready", .gauge, ["kind"], in: .recovery,
        "Sessions that are due and wait for a place.")
    static let dueLag = MetricDefinition(
        "reprise_due_lag_seconds", .gauge, ["kind"], in: .recovery,
        "How long the oldest session that is due has been waiting to be handed out.")
    static let unhandled = MetricDefinition(
        "reprise_sessions_unhandled", .gauge, in: .recovery,
        "Due sessions of kinds that have no handler here.")
    static let lateness = MetricDefinition(
        "reprise_handout_lateness_seconds", .histogram, ["kind"], in: .recovery,
        "From the moment at which a session could be handed out to the start of its handler.")
    static let attemptsStarted = MetricDefinition(
        "reprise_attempts_started_total", .counter, ["kind"], in: .recovery,
        "Runs that began.")
    static let attempts = MetricDefinition(
        "reprise_attempts_total", .counter, ["kind", "outcome"], in: .recovery,
        "Runs that ended, by what the handler said: complete, retry, unavailable, park, failed; timeout; abandoned where the worker or node stopped while it ran."
    )
    static let attemptsExpired = MetricDefinition(
        "reprise_attempts_expired_total", .counter, ["kind"], in: .recovery,
        "Runs, of any worker, whose deadline passed in the log without an outcome: their worker died, hung or lost its connection."
    )
    static let attemptDuration = MetricDefinition(
        "reprise_attempt_duration_seconds", .histogram, ["kind"], in: .recovery,
        "What handlers took.")
    static let attemptsRunning = MetricDefinition(
        "reprise_attempts_running", .gauge, ["kind"], in: .recovery,
        "Runs in progress in this process, claims on their way included.")
    static let concurrency = MetricDefinition(
        "reprise_kind_concurrency", .gauge, ["kind"], in: .recovery,
        "Runs that may be in progress at a time.")
    static let paused = MetricDefinition(
        "reprise_kind_paused", .gauge, ["kind"], in: .recovery,
        "1 while the kind is paused.")
    static let breaker = MetricDefinition(
        "reprise_breaker_state", .gauge, ["kind", "state"], in: .recovery,
        "1 for the state that the kind's breaker is in: closed, open, probing.")
    static let parked = MetricDefinition(
        "reprise_sessions_parked_total", .counter, ["reason"], in: .recovery,
        "Sessions that were parked, by the code of the reason; on a worker when they are sent to the dead letters."
    )
    static let recoveryErrors = MetricDefinition(
        "reprise_recovery_errors_total", .counter, ["code"], in: .standalone,
        "Results and claims that could not be written and were tried again.")

    public static let handlers = [
        ready, dueLag, unhandled, lateness, attemptsStarted, attempts, attemptsExpired,
        attemptDuration, attemptsRunning, concurrency, paused, breaker, parked, recoveryErrors,
    ]

    // MARK: The journal

    static let forcedWrites = MetricDefinition(
        "reprise_journal_fsync_seconds", .histogram, in: .nodes,
        "What a forced write took: writing a group of frames and fdatasync.")
    static let groups = MetricDefinition(
        "reprise_journal_group_frames", .histogram, in: .nodes,
        "Frames that went to disk with one forced write.")
    static let writtenBytes = MetricDefinition(
        "reprise_journal_appended_bytes_total", .counter, in: .nodes,
        "Bytes of frames written.")
    static let durable = MetricDefinition(
        "reprise_journal_durable_sequence", .gauge, in: .nodes,
        "The number of the last frame on disk.")
    static let appended = MetricDefinition(
        "reprise_journal_appended_sequence", .gauge, in: .nodes,
        "The number of the last frame that was accepted.")
    static let journalBytes = MetricDefinition(
        "reprise_journal_bytes", .gauge, in: .nodes,
        "Bytes of the journal's segments, spare ones included.")
    static let journalMaxBytes = MetricDefinition(
        "reprise_journal_max_bytes", .gauge, in: .nodes,
        "Bytes that they may have.")
    static let journalReserve = MetricDefinition(
        "reprise_journal_reserve_bytes", .gauge, in: .nodes,
        "Bytes of them that only what finishes work may use.")
    static let journalLive = MetricDefinition(
        "reprise_journal_live_bytes", .gauge, in: .nodes,
        "Bytes of what is not finished, about.")
    static let diskFull = MetricDefinition(
        "reprise_journal_disk_full", .gauge, in: .nodes,
        "1 while new sessions are refused because no space is left.")

    public static let journal = [
        forcedWrites, groups, writtenBytes, appended, durable, journalBytes, journalMaxBytes,
        journalReserve, journalLive, diskFull,
    ]

    // MARK: The mirror

    static let mirrorLag = MetricDefinition(
        "reprise_mirror_lag_frames", .gauge, in: .mirrored,
        "Frames on disk since the first of which Kafka does not have all.")
    static let mirrorLagSeconds = MetricDefinition(
        "reprise_mirror_lag_seconds", .gauge, in: .mirrored,
        "How long the oldest of them has been waiting; counted from the start of the process for what an earlier one left."
    )
    static let mirrorDelivered = MetricDefinition(
        "reprise_mirror_delivered_messages_total", .counter, in: .mirrored,
        "Messages that Kafka has acknowledged.")
    static let mirrorSkipped = MetricDefinition(
        "reprise_mirror_skipped_events_total", .counter, in: .mirrored,
        "Events that nobody in Kafka needed: of sessions that were over within the window.")
    static let mirrorOutbox = MetricDefinition(
        "reprise_mirror_outbox_messages", .gauge, in: .mirrored,
        "Messages of outboxes that are on their way. They hold up the lag and what the journal may forget, not the sessions."
    )
    static let mirrorRestarts = MetricDefinition(
        "reprise_mirror_restarts_total", .counter, in: .mirrored,
        "How often the mirror began again after what Kafka had acknowledged.")
    static let mirrorStalled = MetricDefinition(
        "reprise_mirror_stalled", .gauge, in: .mirrored,
        "1 while the mirror does not get on; the node's health says why.")
    static let kafkaErrors = MetricDefinition(
        "reprise_kafka_errors_total", .counter, ["code"], in: [.mirrored, .worker],
        "Errors that the process's Kafka clients reported, by code.")

    public static let mirror = [
        mirrorLag, mirrorLagSeconds, mirrorDelivered, mirrorSkipped, mirrorOutbox, mirrorRestarts,
        mirrorStalled, kafkaErrors,
    ]

    // MARK: A worker's partitions

    static let partitions = MetricDefinition(
        "reprise_partitions", .gauge, ["stage"], in: .worker,
        "Partitions of this worker by stage: opening, folding, owning, fenced, leaving. Only in `owning` are sessions handed out."
    )
    static let partitionOwned = MetricDefinition(
        "reprise_partition_owned", .gauge, ["partition"], in: .worker,
        "1 for a partition whose sessions this worker hands out; 0 while it is taking it over or giving it up."
    )
    static let partitionOffset = MetricDefinition(
        "reprise_partition_next_offset", .gauge, ["partition"], in: .worker,
        "The Kafka offset of the next message to be folded.")
    static let lowWaterAge = MetricDefinition(
        "reprise_low_water_age_seconds", .gauge, ["partition"], in: .worker,
        "How old the state is that a new owner's fold would begin with; 0 where nothing has come since."
    )
    static let lowWaterLag = MetricDefinition(
        "reprise_low_water_lag_messages", .gauge, ["partition"], in: .worker,
        "Messages that a new owner would have to read.")

    public static let group = [
        partitions, partitionOwned, partitionOffset, lowWaterAge, lowWaterLag,
    ]

    // MARK: Transactions

    static let transactionsEnded = MetricDefinition(
        "reprise_transactions_total", .counter, ["outcome"], in: .nodes,
        "Transactions that ended: committed, rolled_back; in_doubt where the caller could not be told; heuristic where a branch did otherwise than decided, as far back as the journal goes."
    )
    static let transactionsUnfinished = MetricDefinition(
        "reprise_transactions_unfinished", .gauge, ["state"], in: .nodes,
        "Transactions that are not finished: active; in_doubt while the branch that decides is being asked or decides; committing where branches are still to be told; heuristic until an operator has seen them."
    )
    static let transactionsOldest = MetricDefinition(
        "reprise_transactions_oldest_seconds", .gauge, in: .nodes,
        "How long the oldest transaction in doubt or committing has been so; 0 without one.")

    public static let transactions = [
        transactionsEnded, transactionsUnfinished, transactionsOldest,
    ]

    // MARK: The process

    static let build = MetricDefinition(
        "reprise_build_info", .gauge, ["version", "librdkafka"], in: .all,
        "Always 1; the labels tell the versions of Reprise and of its Kafka library.")
    static let start = MetricDefinition(
        "process_start_time_seconds", .gauge, in: .all,
        "When the process began, in seconds since 1970.")
    static let memory = MetricDefinition(
        "process_resident_memory_bytes", .gauge, in: .all,
        "Memory that the process has in RAM; 0 where the system does not tell.")
    static let processor = MetricDefinition(
        "process_cpu_seconds_total", .counter, in: .all,
        "Time that the process has spent on processors; 0 where the system does not tell.")

    public static let process = [build, start, memory, processor]
}
