#ifndef CFLOOR_H
#define CFLOOR_H

#include <stdint.h>

/// What a loop did, and for how long.
typedef struct {
    long operations;
    double seconds;
} floor_result;

/// Makes a file of `bytes` zeros, on disk when the call returns. 0, or an errno.
int floor_prepare(const char *path, long bytes);

/// One thread writes `size` bytes behind one another and calls fdatasync after each write. Fills in
/// up to `capacity` latencies in nanoseconds. `operations` is negative after an error.
floor_result floor_sync(
    const char *path, long bytes, int size, double seconds, uint32_t *latencies, long capacity);

/// `writers` threads put `size` bytes into a shared buffer and wait; one thread writes the buffer,
/// calls fdatasync and wakes whoever it served. `operations` is negative after an error.
floor_result floor_group(const char *path, long bytes, int size, int writers, double seconds);

/// Reads every byte of a file in pieces of 1 MiB; gives their number, negative after an error.
long floor_read(const char *path);

/// Bytes of this process that are in memory.
long floor_resident(void);

#endif
