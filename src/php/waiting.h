/*
 * Waiting for locks as PHP code does it: $timeout and $onWait, signal handlers, exceptions, exit.
 *
 * Every wait ends in one of two ways, whatever happens in between: all locks of the set are held,
 * or none is and nobody queues up for any.
 */
#ifndef SL_PHP_WAITING_H
#define SL_PHP_WAITING_H

#include "../core/lock_set.h"

#include <php.h>

/* The two arguments that every waiting method ends with, and their defaults. */
struct sl_wait {
	double timeout; /* seconds; INF: for ever */
	zend_fcall_info on_wait;
	zend_fcall_info_cache on_wait_cache;
};

/* The default, before arguments are read. Not more is set than is read: it is on every acquire().
 */
static inline void sl_wait_for_seconds(struct sl_wait *wait, double timeout)
{
	wait->timeout = timeout;
	wait->on_wait.size = 0;
}

/* Within SL_PARSE_PARAMETERS. */
#define SL_PARAM_WAIT(wait)                                                                        \
	Z_PARAM_DOUBLE((wait).timeout)                                                                 \
	Z_PARAM_FUNC_EX((wait).on_wait, (wait).on_wait_cache, 1, 0)

/* False, and an exception: no time to wait. `number` is that of the argument, a constant. */
#define sl_timeout_is_valid(wait, number)                                                          \
	((wait).timeout >= 0.0 ||                                                                      \
		(sl_argument_error(number, "timeout", "must be a number of seconds, 0 or more"), false))

/* While it is being acquired, nobody else may ask for a lock through the objects of its members. */
void sl_set_acquiring(const struct sl_lock_set *set, bool acquiring);

/*
 * Waits for a set that was begun, and was found busy. SL_OK: held. SL_BUSY: not in time, or $onWait
 * gave up. SL_THROWN: an exception is there. Anything else: what set->busy answered.
 */
enum sl_result sl_wait_for_set(
	struct sl_lock_set *set, const struct sl_wait *wait, struct sl_failure *failure);

#endif
