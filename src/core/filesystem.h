/*
 * What kind of file system a descriptor lies on.
 */
#ifndef SL_FILESYSTEM_H
#define SL_FILESYSTEM_H

#include <stdbool.h>

/* True for the kinds that only this kernel can reach: nobody on another host can hold a lock there.
 */
bool sl_filesystem_is_local(int descriptor);

#endif
