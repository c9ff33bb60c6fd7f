/*
 * How the core answers: one enum, and where the kernel said no, its errno.
 *
 * The core never prints, never exits and has no words for people. Whoever calls it turns a result
 * into an exception, an exit code or a sentence.
 */
#ifndef SL_RESULT_H
#define SL_RESULT_H

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

enum sl_result {
	SL_OK,
	SL_BUSY,        /* somebody else has the lock */
	SL_INTERRUPTED, /* a signal came while waiting; the place in the queue is kept */
	SL_DEADLOCK,    /* waiting would never end */
	SL_THROWN,      /* a lock that the application made has failed, and the application knows why */
	SL_LOST,        /* the path no longer names the file that was locked */
	SL_TAKEN_OFF,   /* somebody took our lock off a borg repository */
	SL_NOT_HELD,    /* the call needs an exclusive lock of this process, and there is none */
	SL_UNSAFE_SYMLINK,           /* the path is a symbolic link */
	SL_UNSAFE_TYPE,              /* the path is no regular file */
	SL_UNSAFE_LINKS,             /* the file has a second name, it may be somebody's data */
	SL_UNSAFE_OWNER,             /* a private lock file that belongs to another user */
	SL_UNSAFE_NO_DIRECTORY,      /* of a directory lock: the path is something else */
	SL_UNSAFE_FOREIGN_DIRECTORY, /* and only another user may replace it */
	SL_NO_REPOSITORY,            /* the path is no borg repository */
	SL_FOREIGN_REPOSITORY,       /* it is one of another borg, which keeps its locks elsewhere */
	SL_ROSTER_BROKEN,            /* borg's list of readers is not as borg writes it */
	SL_UNSUPPORTED,              /* this file system cannot lock */
	SL_SYSTEM,                   /* any other answer of the kernel; the failure holds it */
};

/* What the kernel said. Read it with SL_UNSUPPORTED and SL_SYSTEM, and `owner` where it says so. */
struct sl_failure {
	const char *call;   /* name of the system call, a string constant */
	int number;         /* its errno */
	const char *within; /* which entry of the directory at the path, a string constant; or NULL */
	uid_t owner;        /* SL_UNSAFE_OWNER, SL_UNSAFE_FOREIGN_DIRECTORY: whose it is */
};

/* Files the current errno in `failure` under the name of the call that set it. */
static inline enum sl_result sl_failed(
	struct sl_failure *failure, enum sl_result result, const char *call)
{
	failure->call = call;
	failure->number = errno;
	failure->within = NULL;
	return result;
}

#endif
