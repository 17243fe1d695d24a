#define _GNU_SOURCE
#include "cplatform.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

uint32_t reprise_word_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

void reprise_word_add(uint32_t *word, uint32_t value) {
    __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

void reprise_futex_wait(const uint32_t *word, uint32_t seen, int64_t nanoseconds) {
#if defined(__linux__)
    struct timespec limit = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, nanoseconds < 0 ? NULL : &limit, NULL, 0);
#else
    (void)nanoseconds;
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == seen) usleep(50);
#endif
}

void reprise_futex_wake(const uint32_t *word, int count) {
#if defined(__linux__)
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
#else
    (void)word;
    (void)count;
#endif
}

void reprise_spin_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void reprise_name_thread(const char *name) {
#if defined(__linux__)
    char cut[16];
    strncpy(cut, name, sizeof cut - 1);
    cut[sizeof cut - 1] = 0;
    pthread_setname_np(pthread_self(), cut);
#else
    pthread_setname_np(name);
#endif
}

int reprise_fdatasync(int descriptor) {
#if defined(__linux__)
    return fdatasync(descriptor);
#else
    return fsync(descriptor);
#endif
}

int reprise_lock_exclusive(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int reprise_send_datagram(const char *path, const void *bytes, size_t count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)&address, size);
    int failure = errno;
    close(descriptor);
    errno = failure;
    return sent == (ssize_t)count ? 0 : -1;
}
