/*
 * For LD_PRELOAD: a call that is made, and says that it failed. So it is where a server does what
 * it is asked to and its answer gets lost. strace can only fail instead of the call.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char failing[32];
static int countdown;
static int error;

/* From now on, of the nth call of this name that succeeds. */
void lose_answer(const char *call, int nth, int number)
{
	snprintf(failing, sizeof failing, "%s", call);
	countdown = nth;
	error = number;
}

/* How many more of them would have been needed. */
int answers_to_lose(void)
{
	return countdown;
}

static int answer(const char *call, int result)
{
	if (result != 0 || countdown == 0 || strcmp(call, failing) != 0 || --countdown > 0)
		return result;
	errno = error;
	return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int renameat(int old_directory, const char *old, int new_directory, const char *new)
{
	return answer("renameat", REAL(renameat)(old_directory, old, new_directory, new));
}

int mkdirat(int directory, const char *path, mode_t mode)
{
	return answer("mkdirat", REAL(mkdirat)(directory, path, mode));
}

int unlinkat(int directory, const char *path, int flags)
{
	return answer("unlinkat", REAL(unlinkat)(directory, path, flags));
}

int rmdir(const char *path)
{
	return answer("rmdir", REAL(rmdir)(path));
}

/* PHP loads extensions in such a way that their calls would not come here. */
void *dlopen(const char *path, int flags)
{
	return REAL(dlopen)(path, flags & ~RTLD_DEEPBIND);
}
