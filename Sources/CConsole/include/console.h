#ifndef REPRISE_CONSOLE_H
#define REPRISE_CONSOLE_H

#include <stddef.h>

/// A file of the console in the browser, part of the program.
typedef struct {
    /// Below `/console/`.
    const char *path;
    const char *content_type;
    const unsigned char *bytes;
    size_t size;
} reprise_console_asset;

/// The asset of this number, counted from 0; NULL past the last.
const reprise_console_asset *reprise_console_asset_at(size_t index);

#endif
