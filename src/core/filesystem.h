/*
 * What kind of file system a descriptor lies on.
 */
#ifndef SL_FILESYSTEM_H
#define SL_FILESYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* What statfs(2) calls f_type; 0: it cannot be told. */
#define SL_KIND_OVERLAY 0x794C7630u
uint32_t sl_filesystem_kind(int descriptor);

/* One that only this kernel can reach: nobody on another host can hold a lock there. */
bool sl_kind_is_local(uint32_t kind);
bool sl_filesystem_is_local(int descriptor);

/*
 * And which shows one directory in one way only, so that two processes that lock a file in it ask
 * the same one. An overlay and its upper layer, or FUSE and its backing folder, are two ways to one
 * directory, and a flock in one is not seen in the other.
 */
bool sl_kind_has_one_view(uint32_t kind);

#endif
