#include "filesystem.h"

#include <stddef.h>
#include <sys/vfs.h>

/* Magic numbers of statfs(2); linux/magic.h does not have them all. */
static const unsigned long local_kinds[] = {
	0xEF53,     /* ext2, ext3, ext4 */
	0x58465342, /* xfs */
	0x9123683E, /* btrfs */
	0xF2F52010, /* f2fs */
	0x01021994, /* tmpfs */
	0x858458F6, /* ramfs */
	0x2FC12FC1, /* zfs */
	0xCA451A4E, /* bcachefs */
	0x794C7630, /* overlayfs */
};

bool sl_filesystem_is_local(int descriptor)
{
	struct statfs fs;
	if (fstatfs(descriptor, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof local_kinds / sizeof *local_kinds; i++)
		if (((unsigned long)fs.f_type & 0xFFFFFFFFu) == local_kinds[i])
			return true;
	return false;
}
