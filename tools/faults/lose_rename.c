/*
 * For LD_PRELOAD of a FUSE server: the next rename of what a lock was prepared as is made, and the
 * client is told that it failed. Next: when there is a file $SITELOCK_LOSE, which then goes.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int answer(const char *from, int result)
{
	const char *flag = getenv("SITELOCK_LOSE");
	if (result != 0 || flag == NULL || strstr(from, ".tmp") == NULL || unlink(flag) != 0)
		return result;
	errno = EIO;
	return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int rename(const char *from, const char *to)
{
	return answer(from, REAL(rename)(from, to));
}

int renameat2(
	int old_directory, const char *from, int new_directory, const char *to, unsigned flags)
{
	return answer(from, REAL(renameat2)(old_directory, from, new_directory, to, flags));
}
