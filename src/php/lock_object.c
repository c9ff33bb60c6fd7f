#include "php_sitelock.h"
#include "lock_object.h"

#include "exceptions.h"
#include "holder.h"
#include "path.h"
#include "request.h"
#include "synchronized.h"
#include "waiting.h"

static zend_object_handlers handlers;

bool sl_is_lock_object(const zend_object *object)
{
	return object->handlers == &handlers;
}

static zend_object *create_object(zend_class_entry *ce)
{
	struct sl_lock_object *self = zend_object_alloc(sizeof *self, ce);
	zend_object_std_init(&self->std, ce);
	object_properties_init(&self->std, ce);
	self->std.handlers = &handlers;
	return &self->std;
}

/*
 * Having a destructor, though it does nothing, makes the garbage collector look whether anybody
 * still refers to the lock after destructors have run: held() may have handed it out.
 */
static void destroy_object(zend_object *object)
{
	zend_objects_destroy_object(object);
}

static void free_object(zend_object *object)
{
	struct sl_lock_object *self = sl_lock_object_of(object);
	if (self->lock != NULL)
		sl_request_drop(self->lock);
	if (self->path != NULL)
		zend_string_release(self->path);
	zend_object_std_dtor(object);
}

/* "FileLock" of Sitelock\FileLock */
static const char *class_name(zend_object *object)
{
	return ZSTR_VAL(object->ce->name) + strlen("Sitelock\\");
}

struct sl_lock_object *sl_constructed(zend_object *object)
{
	struct sl_lock_object *self = sl_lock_object_of(object);
	if (self->lock != NULL)
		return self;
	zend_throw_exception_ex(
		spl_ce_LogicException, 0, "this %s was never constructed", class_name(object));
	return NULL;
}

bool sl_construct(zend_object *object, zend_string *path, bool is_directory, zend_string *label,
	uint32_t label_position, struct sl_lock_options *options)
{
	struct sl_lock_object *self = sl_lock_object_of(object);
	if (self->lock != NULL) {
		zend_throw_exception_ex(
			spl_ce_LogicException, 0, "this %s is constructed already", class_name(object));
		return false;
	}
	if (label != NULL && CHECK_NULL_PATH(ZSTR_VAL(label), ZSTR_LEN(label))) {
		sl_argument_error(label_position, "label", "must not contain any null bytes");
		return false;
	}
	path = sl_path_resolve(path, is_directory);
	if (path == NULL)
		return false;
	if (!sl_path_is_allowed(path)) {
		zend_string_release(path);
		return false;
	}
	if (self->path != NULL) /* the constructor failed before */
		zend_string_release(self->path);
	self->path = path;
	*options = (struct sl_lock_options){
		.path = ZSTR_VAL(path),
		.label = label != NULL ? ZSTR_VAL(label) : "",
		.command = sl_request_command(),
		.context = sl_request_context(),
		.object = object,
	};
	return true;
}

void sl_constructed_with(zend_object *object, struct sl_lock *lock)
{
	struct sl_lock_object *self = sl_lock_object_of(object);
	self->lock = lock;
	if (lock == NULL)
		sl_throw_errno(ENOMEM, "malloc", ZSTR_VAL(self->path));
}

/* The lock of this object, if it can be asked for in this mode; otherwise NULL and an exception. */
static struct sl_lock *lock_to_acquire(zend_object *object, enum sl_mode mode)
{
	struct sl_lock_object *self = sl_constructed(object);
	if (self == NULL)
		return NULL;
	if (self->acquiring) {
		zend_throw_exception_ex(
			spl_ce_LogicException, 0, "this object waits for %s already", ZSTR_VAL(self->path));
		return NULL;
	}
	if (sl_lock_is_held(self->lock) && sl_lock_mode(self->lock) != mode) {
		/* flock(2) converts a lock by giving it up first, and may then not get it back. */
		zend_throw_exception_ex(spl_ce_LogicException, 0,
			"%s is held %s by this object: release it before you acquire it %s",
			ZSTR_VAL(self->path), mode == SL_SHARED ? "exclusively" : "shared",
			mode == SL_SHARED ? "shared" : "exclusively");
		return NULL;
	}
	return sl_path_is_allowed(self->path) ? self->lock : NULL;
}

bool sl_lock_object_member(struct sl_member *member, zend_object *object, enum sl_mode mode)
{
	struct sl_lock *lock = lock_to_acquire(object, mode);
	*member = (struct sl_member){
		.kind = &sl_lock_as_member,
		.lock = lock,
		.object = object,
		.mode = mode,
		.has_it = lock != NULL && sl_lock_is_held(lock),
	};
	return lock != NULL;
}

void sl_lock_set_acquiring(zend_object *object, bool acquiring)
{
	sl_lock_object_of(object)->acquiring = acquiring;
}

static enum sl_result wait_to_acquire(struct sl_lock_object *self, enum sl_mode mode,
	const struct sl_wait *wait, struct sl_failure *failure)
{
	struct sl_member member;
	struct sl_lock_set set = {.members = &member, .count = 1};

	/* It asks open_basedir again, and the answer may have changed. */
	if (!sl_lock_object_member(&member, &self->std, mode))
		return SL_THROWN;
	sl_lock_set_begin(&set);
	return sl_wait_for_set(&set, wait, failure);
}

/* SL_OK: held. SL_BUSY: not held. SL_THROWN: not held, and an exception is there. */
static enum sl_result acquire(
	struct sl_lock_object *self, enum sl_mode mode, const struct sl_wait *wait)
{
	struct sl_failure failure;

	if (lock_to_acquire(&self->std, mode) == NULL)
		return SL_THROWN;
	if (sl_lock_is_held(self->lock))
		return SL_OK;
	enum sl_result result = sl_lock_acquire(self->lock, mode, &failure);
	if (result == SL_BUSY && wait->timeout > 0.0)
		result = wait_to_acquire(self, mode, wait, &failure);
	return sl_throw_unless_busy(result, &failure, self->lock, ZSTR_VAL(self->path));
}

static void acquire_method(INTERNAL_FUNCTION_PARAMETERS, enum sl_mode mode)
{
	struct sl_wait wait;

	sl_wait_for_seconds(&wait, 0.0);
	SL_PARSE_PARAMETERS_START(0, 2)
		Z_PARAM_OPTIONAL
		SL_PARAM_WAIT(wait)
	ZEND_PARSE_PARAMETERS_END();

	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self != NULL && sl_timeout_is_valid(wait, 1))
		RETURN_BOOL(acquire(self, mode, &wait) == SL_OK);
}

ZEND_METHOD(Sitelock_FileLock, acquire)
{
	acquire_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, SL_EXCLUSIVE);
}

ZEND_METHOD(Sitelock_FileLock, acquireShared)
{
	acquire_method(INTERNAL_FUNCTION_PARAM_PASSTHRU, SL_SHARED);
}

ZEND_METHOD(Sitelock_FileLock, release)
{
	struct sl_failure failure;
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	/* A handler for SIGTERM may give back everything: what is merely waited for is not held. */
	if (self == NULL || (self->acquiring && !sl_lock_is_held(self->lock)))
		return;
	enum sl_result result = sl_lock_release(self->lock, NULL, &failure);
	if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
}

ZEND_METHOD(Sitelock_FileLock, isAcquired)
{
	struct sl_failure ignored;
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self != NULL)
		RETURN_BOOL(sl_lock_check(self->lock, &ignored) == SL_OK);
}

ZEND_METHOD(Sitelock_FileLock, getPath)
{
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self != NULL)
		RETURN_STR_COPY(self->path);
}

/* Fills `value` with the holders. False: an exception is thrown instead. */
static bool read_holders(struct sl_lock_object *self, zval *value)
{
	struct sl_holder_list list;
	struct sl_failure failure;

	if (!sl_path_is_allowed(self->path))
		return false;
	enum sl_result result = sl_lock_holders(self->lock, &list, &failure);
	if (result != SL_OK) {
		sl_throw(result, &failure, ZSTR_VAL(self->path));
		return false;
	}
	sl_holder_list(value, &list);
	sl_holders_free(&list);
	return true;
}

ZEND_METHOD(Sitelock_FileLock, getHolders)
{
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self != NULL)
		read_holders(self, return_value);
}

void sl_lock_throw_busy(zend_object *object)
{
	struct sl_lock_object *self = sl_lock_object_of(object);
	zval holders;
	size_t waiting;

	if (sl_lock_blocks_itself(self->lock)) {
		sl_throw_deadlock(ZSTR_VAL(self->path), NULL);
		return;
	}
	if (!read_holders(self, &holders)) {
		/* Who it is cannot be told, and that it is busy is what the caller must hear. */
		zend_clear_exception();
		array_init(&holders);
	}
	if (!sl_lock_waiters_ahead(self->lock, &waiting))
		waiting = 0;
	sl_throw_busy(ZSTR_VAL(self->path), &holders, waiting);
	zval_ptr_dtor(&holders);
}

ZEND_METHOD(Sitelock_FileLock, synchronized)
{
	zend_fcall_info call;
	zend_fcall_info_cache cache;
	struct sl_wait wait;

	sl_wait_for_seconds(&wait, ZEND_INFINITY);
	SL_PARSE_PARAMETERS_START(1, 3)
		Z_PARAM_FUNC(call, cache)
		Z_PARAM_OPTIONAL
		SL_PARAM_WAIT(wait)
	ZEND_PARSE_PARAMETERS_END();

	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL || !sl_timeout_is_valid(wait, 2))
		return;
	bool nested = sl_lock_is_held(self->lock);
	enum sl_result result = acquire(self, SL_EXCLUSIVE, &wait);
	if (result == SL_BUSY)
		sl_lock_throw_busy(&self->std);
	if (result != SL_OK)
		return;

	unsigned generation = sl_lock_generation(self->lock);
	sl_call_critical(&call, &cache, return_value);
	/* The callable may have released the lock itself, and even acquired it anew. */
	zend_object *thrown = EG(exception);
	if (nested || !sl_lock_is_held(self->lock) || sl_lock_generation(self->lock) != generation ||
		!sl_request_outlives(thrown))
		return;
	struct sl_failure failure;
	result = sl_request_give_back(self->lock, thrown, &failure);
	if (result != SL_OK)
		sl_throw_behind(thrown, result, &failure, ZSTR_VAL(self->path));
}

ZEND_METHOD(Sitelock_FileLock, getWaitersAhead)
{
	size_t count;
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL || !sl_path_is_allowed(self->path))
		return;
	if (sl_lock_waiters_ahead(self->lock, &count))
		RETURN_LONG((zend_long)count);
}

ZEND_METHOD(Sitelock_FileLock, setInheritable)
{
	struct sl_failure failure;
	sl_bool_argument on;

	SL_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_BOOL(on)
	ZEND_PARSE_PARAMETERS_END();

	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL)
		return;
	enum sl_result result = sl_lock_set_inheritable(self->lock, on, &failure);
	if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
}

void sl_break_stale(INTERNAL_FUNCTION_PARAMETERS,
	enum sl_result (*call)(struct sl_lock *lock, bool *broken, struct sl_failure *failure))
{
	struct sl_failure failure;
	bool broken;
	SL_PARSE_PARAMETERS_NONE();
	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL || !sl_path_is_allowed(self->path))
		return;
	enum sl_result result = call(self->lock, &broken, &failure);
	if (result != SL_OK)
		sl_throw(result, &failure, ZSTR_VAL(self->path));
	RETURN_BOOL(broken);
}

void sl_force_break(INTERNAL_FUNCTION_PARAMETERS, bool (*is_record)(const char *record),
	enum sl_result (*call)(struct sl_lock *lock, const char *record, struct sl_failure *failure))
{
	struct sl_failure failure;
	zval *seen;
	int count;

	SL_PARSE_PARAMETERS_START(0, -1)
		Z_PARAM_VARIADIC('*', seen, count)
	ZEND_PARSE_PARAMETERS_END();

	struct sl_lock_object *self = sl_constructed(Z_OBJ_P(ZEND_THIS));
	if (self == NULL || !sl_path_is_allowed(self->path))
		return;
	/* All are looked at before anything is broken. */
	for (int i = 0; i < count; i++) {
		if (Z_TYPE(seen[i]) != IS_OBJECT || Z_OBJCE(seen[i]) != sl_holder_ce) {
			sl_argument_type_error(i + 1, "seen", "must be of type Sitelock\\Holder");
			return;
		}
		if (!is_record(sl_holder_record(Z_OBJ(seen[i])))) {
			sl_value_error(
				"this Holder names no record of a %s, so there is nothing of him to break",
				class_name(&self->std));
			return;
		}
	}
	for (int i = 0; i < count; i++) {
		enum sl_result result = call(self->lock, sl_holder_record(Z_OBJ(seen[i])), &failure);
		if (result != SL_OK) {
			sl_throw(result, &failure, ZSTR_VAL(self->path));
			return;
		}
	}
}

void sl_register_lock_class(zend_class_entry *ce)
{
	ce->create_object = create_object;
	sl_forbid_serialization(ce);
	sl_forbid_dynamic_properties(ce);
}

void sl_start_lock_classes(void)
{
	memcpy(&handlers, zend_get_std_object_handlers(), sizeof handlers);
	handlers.offset = XtOffsetOf(struct sl_lock_object, std);
	handlers.dtor_obj = destroy_object;
	handlers.free_obj = free_object;
	handlers.clone_obj = NULL;
	sl_forbid_comparison(&handlers);
}
