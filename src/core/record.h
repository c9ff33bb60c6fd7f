/*
 * The record: what a lock file says about its owner, and about owners who died.
 *
 * It is text that a person can read with cat(1):
 *
 *     sitelock 1 held     sum 8d1f0a6be2c94577 size 0512 dead 0001
 *     pid 4211 start 8812345 boot 1c0b...-... pidns 4026531836
 *     since 2026-11-21T12:16:41.250317Z
 *     host web1
 *     user root
 *     command ee site backup example.com
 *     abandoned pid 3990 pidns 4026531836
 *     since ...
 *     until 2026-11-21T03:00:07.000100Z
 *     ...
 *     end killed or crashed
 *
 * Blanks and a newline fill it up to a multiple of SL_RECORD_STEP, and it never shrinks, so writing
 * it does not change the size of the file: on ext4 truncate-and-write costs about fifty times more.
 *
 * Life: `held` is written when an exclusive owner has the lock; `released` or `failed` before it is
 * given back. An owner who is killed leaves `held` behind. Who gets the lock and finds `held` or
 * `failed` adds that owner to the abandoned ones, and they stay until somebody says that what they
 * left is repaired. SL_ABANDONED_MAX of them are kept, the first and the latest; all are counted.
 *
 * Written by one pwrite(2). A concurrent reader may see half of it, hence the checksum; SIGKILL
 * does not tear it. Content that is not a record is nobody's error: it is shown as text.
 */
#ifndef SL_RECORD_H
#define SL_RECORD_H

#include "process.h"
#include "result.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define SL_RECORD_MAX    2048 /* bytes that the longest record takes */
#define SL_RECORD_STEP   512
#define SL_ABANDONED_MAX 4

#define SL_COMMAND_MAX 160
#define SL_LABEL_MAX   96
#define SL_END_MAX     64

#define SL_END_KILLED "killed or crashed"

/* One owner of a lock. Text is on one line and visible; "" where not known. */
struct sl_owner {
	struct sl_process process;
	struct timespec since; /* unix time; 0: unknown */
	struct timespec until; /* when it ended, or when the next owner found it dead; 0: it has not */
	char host[SL_HOST_MAX + 1];
	char user[SL_USER_MAX + 1];
	char command[SL_COMMAND_MAX + 1];
	char label[SL_LABEL_MAX + 1];
	char end[SL_END_MAX + 1]; /* why it ended without releasing; "": it did not */
};

enum sl_record_state {
	SL_RECORD_NONE, /* empty, torn, or somebody else's text */
	SL_RECORD_HELD,
	SL_RECORD_RELEASED,
	SL_RECORD_FAILED, /* given back by a request that ended badly */
};

/* Owners who ended without releasing, oldest first. */
struct sl_abandoned {
	unsigned total; /* how many there were; more than `count` when some were left out */
	unsigned count;
	struct sl_owner owners[SL_ABANDONED_MAX];
};

struct sl_record {
	enum sl_record_state state;
	size_t size;           /* bytes it takes in the file; 0 if there is none */
	struct sl_owner owner; /* its last exclusive owner */
	struct sl_abandoned abandoned;
	char alien[SL_LABEL_MAX + 1]; /* state NONE: the first line of what is there instead */
};

/* A written record, and the few bytes that turn it from `held` into `released`. */
struct sl_record_image {
	char bytes[SL_RECORD_MAX];
	size_t size;
	uint64_t body_sum;
};
struct sl_record_flip {
	char bytes[48];
	char undo[48]; /* what they overwrite */
	size_t size;
};

/* Puts a record into bytes, at least `size` of them. `abandoned` may be NULL: none. */
void sl_record_encode(struct sl_record_image *image, enum sl_record_state state,
	const struct sl_owner *owner, const struct sl_abandoned *abandoned, size_t size);

/* The flip that makes `image`, encoded as held, a released one. */
void sl_record_encode_flip(struct sl_record_flip *flip, const struct sl_record_image *image);

/* Any bytes will do: what is no record gives state SL_RECORD_NONE. */
void sl_record_decode(struct sl_record *record, const char *bytes, size_t length);

/*
 * Whether the bytes are a record that says `released` and names no abandoned owner: the common
 * case, told without taking it apart. *size is set as in struct sl_record.
 */
bool sl_record_is_quiet(const char *bytes, size_t length, size_t *size);

/* Adds an owner who ended at `now` at the latest without releasing. */
void sl_record_abandon(
	struct sl_abandoned *abandoned, const struct sl_owner *owner, struct timespec now);

/* What a lock file begins with, whatever it is. */
struct sl_record_bytes {
	char bytes[SL_RECORD_MAX];
	size_t length;
};

enum sl_result sl_record_read(int fd, struct sl_record_bytes *record, struct sl_failure *failure);

/*
 * The only place that writes a lock file: all of `bytes` at its beginning. If they do not all go in
 * (SL_SYSTEM), what was overwritten is put back from `previous`, so that what it says of dead
 * owners is not lost; NULL: it says nothing that counts.
 */
enum sl_result sl_record_write(int fd, const char *bytes, size_t size,
	const struct sl_record_bytes *previous, struct sl_failure *failure);

#endif
