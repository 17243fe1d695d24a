internal import Model

// The settings of a kind, `kinds.<kind>.…`, and of what every kind begins with, `defaults.…`.

extension SettingsTable {
    /// Also under `defaults`.
    static let kind: [Setting<KindDraft>] = policy + retry + breaker + handler

    private static let root = KindDraft()
    private static let day: Milliseconds = 86_400_000

    private static var policy: [Setting<KindDraft>] {
        [
            .duration(
                "lease", \.policy.lease, of: root, 10...day,
                "How long a session is its writer's after each write."),
            .choice(
                "acknowledgement", \.policy.acknowledgement, of: root,
                "When a write is answered: local, durable in the journal; mirrored, also "
                    + "acknowledged by Kafka."),
            .integer(
                "concurrency", \.policy.concurrency, of: root, 1...10_000,
                "Runs at a time in one worker."),
            .integer(
                "ratePerSecond", \.policy.ratePerSecond, of: root, 0...1_000_000,
                "Runs a second in one worker; 0 is without limit."),
            .duration(
                "backlog.after", \.policy.backlog.after, of: root, 0...day,
                "Where the oldest due session is later than this, fresh work gets its share."),
            .number(
                "backlog.freshShare", \.policy.backlog.freshShare, of: root, 0...0.9,
                "The part of the hand-outs that then goes to what fell due last."),
        ]
    }

    private static var retry: [Setting<KindDraft>] {
        [
            .duration(
                "retry.firstDelay", \.policy.retry.firstDelay, of: root, 0...day,
                "What passes before the second attempt."),
            .number(
                "retry.factor", \.policy.retry.factor, of: root, 1...100,
                "What each delay is multiplied by for the next."),
            .duration(
                "retry.maxDelay", \.policy.retry.maxDelay, of: root, 0...(30 * day),
                "No delay is longer, jitter aside."),
            .number(
                "retry.jitter", \.policy.retry.jitter, of: root, 0...1,
                "Up to this part of a delay is added at random."),
            .integer(
                "retry.maxAttempts", \.policy.retry.maxAttempts, of: root, 0...1_000_000,
                "Runs before a session is parked; 0 is without limit."),
            .duration(
                "retry.maxAge", \.policy.retry.maxAge, of: root, 0...(3_650 * day),
                "Age at which a session is parked instead of tried; 0 is without limit."),
        ]
    }

    private static var breaker: [Setting<KindDraft>] {
        [
            .integer(
                "breaker.failures", \.policy.breaker.failures, of: root, 0...1_000_000,
                "Failures in a row that pause the kind, and the fewest that breaker.rate counts; 0 "
                    + "never does."),
            .number(
                "breaker.rate", \.policy.breaker.rate, of: root, 0.01...1,
                "The part of the runs within breaker.window that pauses the kind when they fail."),
            .duration(
                "breaker.window", \.policy.breaker.window, of: root, 1_000...3_600_000,
                "How far back breaker.rate looks."),
            .duration(
                "breaker.openFor", \.policy.breaker.openFor, of: root, 1...day,
                "How long the pause lasts before one run is tried."),
            .duration(
                "breaker.maxOpenFor", \.policy.breaker.maxOpenFor, of: root, 1...day,
                "The pause doubles with each try that fails at once, up to this; at least openFor."),
        ]
    }

    private static var handler: [Setting<KindDraft>] {
        [
            .optional(
                "handler.url", \.handlerURL, allowed: "an http or https URL",
                "Where the sessions that are due are posted to.", check: { Checks.isURL($0) }),
            .duration(
                "handler.timeout", \.policy.handlerTimeout, of: root, 10...day,
                "How long one run of the handler may take."),
            .optional(
                "handler.tokenFile", \.handlerTokenFile, allowed: "a path",
                "File with the token that the handler is sent as Authorization: Bearer.",
                check: { !$0.isEmpty }),
            .optional(
                "handler.signingSecretFile", \.signingSecretFile, allowed: "a path",
                "File with the secret that what is posted is signed with, instead of "
                    + "outgoing.signingSecretFile. Several, a line each, while one replaces "
                    + "another.",
                check: { !$0.isEmpty }),
        ]
    }
}
