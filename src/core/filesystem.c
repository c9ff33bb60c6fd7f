#include "filesystem.h"

#include <stddef.h>
#include <sys/vfs.h>

/* Magic numbers of statfs(2); linux/magic.h does not have them all. */
static const uint32_t local_kinds[] = {
	0xEF53,     /* ext2, ext3, ext4 */
	0x58465342, /* xfs */
	0x9123683E, /* btrfs */
	0xF2F52010, /* f2fs */
	0x01021994, /* tmpfs */
	0x858458F6, /* ramfs */
	0x2FC12FC1, /* zfs */
	0xCA451A4E, /* bcachefs */
	SL_KIND_OVERLAY,
};

uint32_t sl_filesystem_kind(int descriptor)
{
	struct statfs fs;
	return fstatfs(descriptor, &fs) == 0 ? (uint32_t)fs.f_type : 0;
}

bool sl_kind_is_local(uint32_t kind)
{
	for (size_t i = 0; i < sizeof local_kinds / sizeof *local_kinds; i++)
		if (kind == local_kinds[i])
			return true;
	return false;
}

bool sl_filesystem_is_local(int descriptor)
{
	return sl_kind_is_local(sl_filesystem_kind(descriptor));
}

bool sl_kind_has_one_view(uint32_t kind)
{
	return sl_kind_is_local(kind) && kind != SL_KIND_OVERLAY;
}
