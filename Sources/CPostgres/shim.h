#ifndef REPRISE_CPOSTGRES_SHIM_H
#define REPRISE_CPOSTGRES_SHIM_H
#include <fcntl.h>
#include <libpq-fe.h>
#include <unistd.h>

static inline void reprise_pq_ignore_notice(void *context, const PGresult *notice) {
    (void)context;
    (void)notice;
}

/* libpq prints notices to standard error unless it is told otherwise; they may hold data. */
static inline void reprise_pq_silence(PGconn *connection) {
    PQsetNoticeReceiver(connection, reprise_pq_ignore_notice, NULL);
}

/* The codes of PQresultErrorField are characters, which Swift does not import from macros. */
static inline const char *reprise_pq_state(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}
static inline const char *reprise_pq_severity(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
}
static inline const char *reprise_pq_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}
static inline const char *reprise_pq_constraint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

/* A pipe that neither blocks nor is left to child processes; -1 where none can be made. */
static inline int reprise_pq_pipe(int ends[2]) {
    if (pipe(ends) != 0) return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}
#endif
