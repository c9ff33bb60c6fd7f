/*
 * Deadlines: nanoseconds of CLOCK_MONOTONIC, which nobody can set back (clock_gettime(2)).
 */
#ifndef SL_CLOCK_H
#define SL_CLOCK_H

#include <math.h>
#include <stdint.h>
#include <time.h>

#define SL_MILLISECOND ((int64_t)1000000)
#define SL_SECOND      ((int64_t)1000000000)
#define SL_FOREVER     INT64_MAX

static inline int64_t sl_clock_read(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * SL_SECOND + now.tv_nsec;
}

static inline int64_t sl_clock_now(void)
{
	return sl_clock_read(CLOCK_MONOTONIC);
}

/* What this thread has used of a processor. */
static inline int64_t sl_clock_cpu(void)
{
	return sl_clock_read(CLOCK_THREAD_CPUTIME_ID);
}

/* So many seconds after `start`; what would be later than the clock can count is never. */
static inline int64_t sl_clock_after(int64_t start, double seconds)
{
	/* A deadline that is rounded down would be over before its time. */
	double nanoseconds = ceil(seconds * 1e9);
	return nanoseconds < (double)(SL_FOREVER - start) ? start + (int64_t)nanoseconds : SL_FOREVER;
}

static inline int64_t sl_clock_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

#endif
