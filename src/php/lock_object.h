/*
 * A PHP object that has a lock of the core: what the classes FileLock, DirectoryLock and BorgLock
 * have in common, for these classes, for LockSet and for waiting. Their methods of the interface
 * Lock are those of FileLock; the stub says so of the others (@implementation-alias).
 */
#ifndef SL_PHP_LOCK_OBJECT_H
#define SL_PHP_LOCK_OBJECT_H

#include "../core/lock.h"

#include <php.h>

struct sl_lock_object {
	struct sl_lock *lock; /* NULL until it is constructed */
	zend_string *path;
	bool acquiring; /* a method of it, or of a set, waits for it just now */
	zend_object std;
};

static inline struct sl_lock_object *sl_lock_object_of(zend_object *object)
{
	return (struct sl_lock_object *)((char *)object - XtOffsetOf(struct sl_lock_object, std));
}

/* Its lock; NULL if it was never constructed. */
static inline struct sl_lock *sl_lock_of(zend_object *object)
{
	return sl_lock_object_of(object)->lock;
}

/* Is it of one of these classes? */
bool sl_is_lock_object(const zend_object *object);

/* Once, and then for each class. */
void sl_start_lock_classes(void);
void sl_register_lock_class(zend_class_entry *ce);

/*
 * A constructor: what every lock is made of, from $path (of a directory that is there, or
 * of a lock) and $label (NULL: none), which is its n-th argument. False, and an
 * exception. Then the lock that was made of it, or NULL for lack of memory.
 */
bool sl_construct(zend_object *object, zend_string *path, bool is_directory, zend_string *label,
	uint32_t label_position, struct sl_lock_options *options);
void sl_constructed_with(zend_object *object, struct sl_lock *lock);

/* This object, or NULL and an exception if its constructor did not succeed. */
struct sl_lock_object *sl_constructed(zend_object *object);

/*
 * Makes it a member of a set that will ask for it in this mode. False, and an exception, if it is
 * held in the other mode, waits already, was never constructed, or may not be used.
 */
bool sl_lock_object_member(struct sl_member *member, zend_object *object, enum sl_mode mode);

/* The methods breakStale() and forceBreak() of those that can be broken. */
void sl_break_stale(INTERNAL_FUNCTION_PARAMETERS,
	enum sl_result (*call)(struct sl_lock *lock, bool *broken, struct sl_failure *failure));
void sl_force_break(INTERNAL_FUNCTION_PARAMETERS, bool (*is_record)(const char *record),
	enum sl_result (*call)(struct sl_lock *lock, const char *record, struct sl_failure *failure));

/* While it waits nobody else may ask for the lock through this object. */
void sl_lock_set_acquiring(zend_object *object, bool acquiring);

/* What its last try found: BusyException, or DeadlockException if this request has it itself. */
void sl_lock_throw_busy(zend_object *object);

#endif
