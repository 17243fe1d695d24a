// What plain C does on the same disk: the floors that the log is measured against.
#define _GNU_SOURCE
#include "cfloor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int floor_prepare(const char *path, long bytes) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    char *zeros = calloc(1, 1 << 20);
    int failure = zeros ? 0 : ENOMEM;
    for (long at = 0; at < bytes && !failure; at += 1 << 20) {
        if (pwrite(file, zeros, 1 << 20, at) != 1 << 20) failure = errno;
    }
    if (!failure && fsync(file) != 0) failure = errno;
    free(zeros);
    close(file);
    return failure;
}

floor_result floor_sync(
    const char *path, long bytes, int size, double seconds, uint32_t *latencies, long capacity) {
    floor_result result = {-1, 0};
    int file = open(path, O_RDWR | O_CLOEXEC);
    char *payload = malloc((size_t)size);
    if (file < 0 || !payload) return result;
    memset(payload, 'x', (size_t)size);
    double begin = now(), last = begin;
    long count = 0, at = 0;
    while (last - begin < seconds) {
        if (at + size > bytes) at = 0;
        if (pwrite(file, payload, (size_t)size, at) != size || fdatasync(file) != 0) {
            count = -1;
            break;
        }
        at += size;
        double end = now();
        if (count < capacity) latencies[count] = (uint32_t)((end - last) * 1e9);
        last = end;
        count++;
    }
    result.operations = count;
    result.seconds = last - begin;
    free(payload);
    close(file);
    return result;
}

// Group commit, as one would write it: two buffers, one flusher, one condition for all waiters.

struct group {
    pthread_mutex_t lock;
    pthread_cond_t work, durable;
    char *buffers[2];
    int active;
    size_t fill, capacity;
    uint64_t appended, synced;
    int stop, failed, file, size;
    long bytes;
};

struct writer {
    struct group *group;
    long count;
};

static void *flush_loop(void *argument) {
    struct group *group = argument;
    long at = 0;
    pthread_mutex_lock(&group->lock);
    for (;;) {
        while (group->fill == 0 && !group->stop) pthread_cond_wait(&group->work, &group->lock);
        if (group->fill == 0) break;
        char *full = group->buffers[group->active];
        size_t count = group->fill;
        uint64_t last = group->appended;
        group->active ^= 1;
        group->fill = 0;
        pthread_mutex_unlock(&group->lock);
        if (at + (long)count > group->bytes) at = 0;
        int failed =
            pwrite(group->file, full, count, at) != (ssize_t)count || fdatasync(group->file) != 0;
        at += (long)count;
        pthread_mutex_lock(&group->lock);
        group->synced = last;
        group->failed |= failed;
        pthread_cond_broadcast(&group->durable);
    }
    pthread_mutex_unlock(&group->lock);
    return NULL;
}

static void *write_loop(void *argument) {
    struct writer *writer = argument;
    struct group *group = writer->group;
    char *payload = malloc((size_t)group->size);
    if (!payload) return NULL;
    memset(payload, 'x', (size_t)group->size);
    pthread_mutex_lock(&group->lock);
    while (!group->stop && !group->failed) {
        memcpy(group->buffers[group->active] + group->fill, payload, (size_t)group->size);
        group->fill += (size_t)group->size;
        uint64_t mine = ++group->appended;
        pthread_cond_signal(&group->work);
        while (group->synced < mine) pthread_cond_wait(&group->durable, &group->lock);
        writer->count++;
    }
    pthread_mutex_unlock(&group->lock);
    free(payload);
    return NULL;
}

floor_result floor_group(const char *path, long bytes, int size, int writers, double seconds) {
    floor_result result = {-1, 0};
    struct group group = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .work = PTHREAD_COND_INITIALIZER,
        .durable = PTHREAD_COND_INITIALIZER,
        .capacity = (size_t)size * (size_t)writers,
        .size = size,
        .bytes = bytes,
    };
    group.file = open(path, O_RDWR | O_CLOEXEC);
    group.buffers[0] = malloc(group.capacity);
    group.buffers[1] = malloc(group.capacity);
    pthread_t *threads = calloc((size_t)writers + 1, sizeof *threads);
    struct writer *states = calloc((size_t)writers, sizeof *states);
    if (group.file < 0 || !group.buffers[0] || !group.buffers[1] || !threads || !states) return result;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    double begin = now();
    pthread_create(&threads[writers], &attributes, flush_loop, &group);
    for (int index = 0; index < writers; index++) {
        states[index].group = &group;
        pthread_create(&threads[index], &attributes, write_loop, &states[index]);
    }
    struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
    pthread_mutex_lock(&group.lock);
    group.stop = 1;
    pthread_cond_signal(&group.work);
    pthread_mutex_unlock(&group.lock);
    long count = 0;
    for (int index = 0; index < writers; index++) {
        pthread_join(threads[index], NULL);
        count += states[index].count;
    }
    pthread_join(threads[writers], NULL);
    result.seconds = now() - begin;
    result.operations = group.failed ? -1 : count;
    free(group.buffers[0]);
    free(group.buffers[1]);
    free(threads);
    free(states);
    close(group.file);
    return result;
}

long floor_read(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    char *piece = malloc(1 << 20);
    if (file < 0 || !piece) return -1;
    long total = 0;
    ssize_t count;
    while ((count = read(file, piece, 1 << 20)) > 0) total += count;
    free(piece);
    close(file);
    return count < 0 ? -1 : total;
}

long floor_resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    long total = 0, resident = 0;
    int found = fscanf(file, "%ld %ld", &total, &resident);
    fclose(file);
    return found == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
}
