#ifndef REPRISE_CPLATFORM_H
#define REPRISE_CPLATFORM_H
#include <stddef.h>
#include <stdint.h>

/// CRC32C (Castagnoli) of `bytes`, continued from `crc`; 0 begins a new one. Uses the instructions
/// of the processor where it has them (looked up when the program starts).
uint32_t reprise_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same in plain C: what runs where the processor has no instruction for it.
uint32_t reprise_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

/// The CRC32C of B continued from `crc`, where `before` is the CRC32C of A and `whole` that of A
/// followed by B's `count` bytes: without looking at B.
uint32_t reprise_crc32c_part(uint32_t crc, uint32_t before, uint32_t whole, size_t count);

/// A word that threads wait on: Swift's Atomic does not give its address away. Sequentially consistent.
uint32_t reprise_word_load(const uint32_t *word);
void reprise_word_add(uint32_t *word, uint32_t value);
/// Sleeps while `*word` is `seen`, at most `nanoseconds` (negative: without limit). May return early.
void reprise_futex_wait(const uint32_t *word, uint32_t seen, int64_t nanoseconds);
/// Wakes up to `count` threads that sleep on `word`.
void reprise_futex_wake(const uint32_t *word, int count);
/// One step of a busy wait.
void reprise_spin_pause(void);

/// The name that `ps -L` and debuggers show for the calling thread; cut at 15 bytes.
void reprise_name_thread(const char *name);

/// fdatasync, flock and open are not all in every C module map: one plain name each, -1 and errno.
int reprise_fdatasync(int descriptor);
int reprise_lock_exclusive(int descriptor);

/// Sends `bytes` as one datagram to the Unix socket at `path`; a first `@` stands for the NUL of an
/// abstract name. Never waits: -1 and EAGAIN where the socket's queue is full.
int reprise_send_datagram(const char *path, const void *bytes, size_t count);
#endif
