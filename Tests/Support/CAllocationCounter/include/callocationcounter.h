#ifndef CALLOCATIONCOUNTER_H
#define CALLOCATIONCOUNTER_H

#include <stdint.h>

/// Calls of malloc, calloc, realloc and their kin in this process so far; 0 for ever where they
/// cannot be counted (another C library, a sanitizer).
uint64_t reprise_allocation_count(void);

#endif
