/*
 * The request that holds locks: what it is doing, and how it ends.
 */
#ifndef SL_PHP_REQUEST_H
#define SL_PHP_REQUEST_H

#include "../core/file_lock.h"

#include <php.h>
#include <stdbool.h>

/* What marks the locks of this request in the core: of this thread on ZTS. */
void *sl_request_context(void);

/* What this request is doing, for people: script and arguments, or method and address. */
const char *sl_request_command(void);

/*
 * A lock object is freed. Decides what becomes of its lock: given back in good order, given back as
 * failed when an exception throws it away, or kept until the request ends.
 *
 * PHP frees global variables before it calls the last destructors, and since 8.0 it unwinds the
 * stack before it calls shutdown functions on exit(). What they protect must still be locked then.
 */
void sl_request_drop(struct sl_file_lock *lock);

/* Gives a lock back because this exception leaves the code that it protects. */
enum sl_result sl_request_release_failed(
	struct sl_file_lock *lock, zend_object *exception, struct sl_failure *failure);

/* The request ends (RSHUTDOWN): gives back everything that it still has. */
void sl_request_end(void);

#endif
