#include "cplatform.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

typedef uint32_t (*crc_function)(uint32_t, const void *, size_t);

// Slicing by eight: table[k][b] is the CRC of byte b followed by k zero bytes.
static uint32_t table[8][256];
static crc_function chosen = reprise_crc32c_portable;

// power[k] is x to the 2^k, modulo the polynomial; bit 31 is x to the 0.
static uint32_t power[64];

uint32_t reprise_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    crc = ~crc;
    while (count >= 8) {
        uint8_t b[8];
        memcpy(b, at, 8);
        crc = table[7][b[0] ^ (crc & 0xff)] ^ table[6][b[1] ^ (crc >> 8 & 0xff)] ^
              table[5][b[2] ^ (crc >> 16 & 0xff)] ^ table[4][b[3] ^ (crc >> 24)] ^ table[3][b[4]] ^
              table[2][b[5]] ^ table[1][b[6]] ^ table[0][b[7]];
        at += 8;
        count -= 8;
    }
    while (count-- > 0) crc = crc >> 8 ^ table[0][(crc ^ *at++) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const void *bytes,
                                                                  size_t count) {
    const uint8_t *at = bytes;
    uint64_t wide = (uint32_t)~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        wide = _mm_crc32_u64(wide, word);
        at += 8;
        count -= 8;
    }
    uint32_t narrow = (uint32_t)wide;
    while (count-- > 0) narrow = _mm_crc32_u8(narrow, *at++);
    return ~narrow;
}
#elif defined(__aarch64__) && defined(__linux__)
__attribute__((target("+crc"))) static uint32_t crc32c_hardware(uint32_t crc, const void *bytes,
                                                                size_t count) {
    const uint8_t *at = bytes;
    crc = ~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        crc = __crc32cd(crc, word);
        at += 8;
        count -= 8;
    }
    while (count-- > 0) crc = __crc32cb(crc, *at++);
    return ~crc;
}
#endif

static uint32_t times_x(uint32_t value) { return value >> 1 ^ (value & 1 ? 0x82f63b78u : 0); }

static uint32_t multiply(uint32_t left, uint32_t right) {
    uint32_t product = 0;
    for (; left != 0; left <<= 1) {
        if (left & 0x80000000u) product ^= right;
        right = times_x(right);
    }
    return product;
}

// A CRC is linear: what A did to the register is still in it after B, multiplied by x^8 for each byte.
uint32_t reprise_crc32c_part(uint32_t crc, uint32_t before, uint32_t whole, size_t count) {
    uint32_t shifted = crc ^ before;
    for (int k = 3; count != 0; count >>= 1, k++)
        if (count & 1) shifted = multiply(power[k & 63], shifted);
    return whole ^ shifted;
}

__attribute__((constructor)) static void choose(void) {
    power[0] = 0x40000000u;
    for (int k = 1; k < 64; k++) power[k] = multiply(power[k - 1], power[k - 1]);
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
        table[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++)
            table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 0xff];
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2")) chosen = crc32c_hardware;
#elif defined(__aarch64__) && defined(__linux__)
    if (getauxval(AT_HWCAP) & HWCAP_CRC32) chosen = crc32c_hardware;
#endif
}

uint32_t reprise_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return chosen(crc, bytes, count);
}
