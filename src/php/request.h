/*
 * The request that holds locks: what it is doing, and how it ends.
 */
#ifndef SL_PHP_REQUEST_H
#define SL_PHP_REQUEST_H

#include "../core/lock.h"

#include <php.h>
#include <stdbool.h>

/* What marks the locks of this request in the core: of this thread on ZTS. */
void *sl_request_context(void);

/* What this request is doing, for people: script and arguments, or method and address. */
const char *sl_request_command(void);

/* While the module is loaded: remembers the fatal error of a request, which later errors would
 * replace. */
void sl_request_watch_errors(void);
void sl_request_unwatch_errors(void);

/*
 * A lock object is freed. Decides what becomes of its lock: given back, in good order or as failed,
 * or kept until the request ends.
 *
 * PHP frees global variables before it calls the last destructors, and since 8.0 it unwinds the
 * stack before it calls shutdown functions on exit(). What they protect must still be locked then.
 */
void sl_request_drop(struct sl_lock *lock);

/* False: what unwinds is the end of the request itself, and locks are kept until it is over. NULL:
 * nothing unwinds. */
bool sl_request_outlives(zend_object *thrown);

/* What an object holds that is freed now is given back now, and not kept until the request ends. */
bool sl_request_gives_back(void);

/* Gives a lock back: in good order, or because `thrown` (or NULL) leaves the code that it protects.
 */
enum sl_result sl_request_give_back(
	struct sl_lock *lock, zend_object *thrown, struct sl_failure *failure);

/* RSHUTDOWN: shutdown functions and destructors have run; did the request end well? */
void sl_request_judge(void);

/* Its very end: gives back everything that it still has. */
void sl_request_end(void);

#endif
