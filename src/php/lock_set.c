#include "php_sitelock.h"
#include "lock_set.h"

#include "../core/lock_set.h"
#include "exceptions.h"
#include "foreign_lock.h"
#include "lock_object.h"
#include "request.h"
#include "synchronized.h"
#include "waiting.h"

/* What the set knows of a lock besides what the core wants to know. */
struct element {
	zend_object *object; /* a Lock */
	zend_string *path;
	enum sl_mode mode;
	unsigned taken;      /* by which acquire of the set; 0: by none */
	unsigned generation; /* of our own lock then: it may have been released since */
};

/* What a set is made of: three arrays in the same order, by path. */
struct parts {
	struct element *elements;
	struct sl_member *members;
	zval *values; /* for the garbage collector */
	size_t count;
};

struct lock_set_object {
	struct parts parts; /* none until it is constructed */
	struct sl_lock_set set;
	bool acquiring;    /* acquire() is under way */
	unsigned acquires; /* how many have succeeded */
	zend_object std;
};

static zend_object_handlers lock_set_handlers;

static struct lock_set_object *from_object(zend_object *object)
{
	return (struct lock_set_object *)((char *)object - XtOffsetOf(struct lock_set_object, std));
}

static zend_object *create_object(zend_class_entry *ce)
{
	struct lock_set_object *self = zend_object_alloc(sizeof *self, ce);
	zend_object_std_init(&self->std, ce);
	object_properties_init(&self->std, ce);
	self->std.handlers = &lock_set_handlers;
	return &self->std;
}

/* One of ours, and not written in PHP. */
static bool is_native(const struct element *element)
{
	return sl_is_lock_object(element->object);
}

/* Ours, and still held since we took it. */
static bool is_taken(const struct element *element)
{
	if (element->taken == 0 || !is_native(element))
		return element->taken != 0;
	const struct sl_lock *lock = sl_lock_of(element->object);
	return sl_lock_is_held(lock) && sl_lock_generation(lock) == element->generation;
}

/* Gives it back if acquire number `taken` took it; 0: whichever did. */
static enum sl_result give_back(
	struct element *element, unsigned taken, zend_object *thrown, struct sl_failure *failure)
{
	enum sl_result result = SL_OK;

	if ((taken != 0 && element->taken != taken) || !is_taken(element))
		return SL_OK;
	element->taken = 0;
	if (is_native(element))
		result = sl_request_give_back(sl_lock_of(element->object), thrown, failure);
	else
		sl_foreign_lock_release(element->object);
	return result;
}

/* All of those, the last first, whatever becomes of the others; throws for the first failure. */
static void give_back_taken(struct lock_set_object *self, unsigned taken, zend_object *thrown)
{
	for (size_t i = self->parts.count; i-- > 0;) {
		struct sl_failure failure;
		enum sl_result result = give_back(&self->parts.elements[i], taken, thrown, &failure);
		if (result != SL_OK && EG(exception) == thrown)
			sl_throw_behind(thrown, result, &failure, ZSTR_VAL(self->parts.elements[i].path));
	}
}

/* Here and not when it is freed, because a Lock written in PHP may have to be called. */
static void destroy_object(zend_object *object)
{
	struct lock_set_object *self = from_object(object);
	zend_object *thrown = EG(exception);

	zend_objects_destroy_object(object);
	if (self->parts.elements == NULL || !sl_request_gives_back())
		return;
	for (size_t i = self->parts.count; i-- > 0;) {
		struct sl_failure ignored;
		give_back(&self->parts.elements[i], 0, thrown, &ignored);
	}
}

/* May call destructors. */
static void free_parts(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		if (parts->elements[i].path != NULL)
			zend_string_release(parts->elements[i].path);
		zval_ptr_dtor(&parts->values[i]);
	}
	efree(parts->elements);
	efree(parts->members);
	efree(parts->values);
}

static void free_object(zend_object *object)
{
	struct lock_set_object *self = from_object(object);
	struct parts parts = self->parts;

	/* First the object, and with it the weak references to it: destructors may ask for them. */
	self->parts = (struct parts){NULL, NULL, NULL, 0};
	zend_object_std_dtor(object);
	if (parts.elements != NULL)
		free_parts(&parts);
}

static HashTable *get_gc(sl_handled *handled, zval **table, int *count)
{
	struct lock_set_object *self = from_object(sl_handled_object(handled));
	*table = self->parts.values;
	*count = (int)self->parts.count;
	return zend_std_get_properties(handled);
}

/* Reads the locks of one argument. False, and an exception: one is no Lock. */
static bool add_elements(struct parts *parts, HashTable *locks, enum sl_mode mode)
{
	zval *value;
	ZEND_HASH_FOREACH_VAL(locks, value)
	{
		/* A reference of our own before anything of the script is called: it may change the array.
		 */
		zval *own = &parts->values[parts->count];
		struct element *element = &parts->elements[parts->count];
		ZVAL_COPY_DEREF(own, value);
		element->path = NULL;
		parts->count++;
		if (Z_TYPE_P(own) != IS_OBJECT || !instanceof_function(Z_OBJCE_P(own), sl_lock_ce)) {
			if (mode == SL_EXCLUSIVE)
				sl_argument_type_error(1, "exclusive", "must be an array of Sitelock\\Lock");
			else
				sl_argument_type_error(2, "shared", "must be an array of Sitelock\\Lock");
			return false;
		}
		*element = (struct element){.object = Z_OBJ_P(own), .mode = mode};
		element->path = sl_ask_path(element->object);
		if (element->path == NULL)
			return false;
	}
	ZEND_HASH_FOREACH_END();
	return true;
}

static int by_path(const void *a, const void *b)
{
	const struct element *x = a, *y = b;
	return zend_binary_strcmp(
		ZSTR_VAL(x->path), ZSTR_LEN(x->path), ZSTR_VAL(y->path), ZSTR_LEN(y->path));
}

/* False, and an exception. */
static bool all_differ(const struct parts *parts)
{
	for (size_t i = 1; i < parts->count; i++) {
		const struct element *a = &parts->elements[i - 1], *b = &parts->elements[i];
		if (!zend_string_equals(a->path, b->path))
			continue;
		sl_value_error("%s is in this LockSet twice", ZSTR_VAL(a->path));
		return false;
	}
	return true;
}

/* False, and an exception: it has been constructed before. */
static bool is_new(const struct lock_set_object *self)
{
	if (self->parts.elements == NULL)
		return true;
	zend_throw_exception(spl_ce_LogicException, "this LockSet is constructed already", 0);
	return false;
}

ZEND_METHOD(Sitelock_LockSet, __construct)
{
	struct lock_set_object *self = from_object(Z_OBJ_P(ZEND_THIS));
	HashTable *exclusive, *shared = NULL;

	SL_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_ARRAY_HT(exclusive)
		Z_PARAM_OPTIONAL
		Z_PARAM_ARRAY_HT(shared)
	ZEND_PARSE_PARAMETERS_END();

	if (!is_new(self))
		return;
	uint32_t count = zend_hash_num_elements(exclusive);
	if (shared != NULL)
		count += zend_hash_num_elements(shared);
	if (count == 0) {
		sl_value_error("%s", "a LockSet needs at least one lock");
		return;
	}
	/* The object gets them when they are complete: code of the script may reach it before that. */
	struct parts parts = {
		.elements = ecalloc(count, sizeof *parts.elements),
		.members = ecalloc(count, sizeof *parts.members),
		.values = ecalloc(count, sizeof *parts.values),
	};
	bool complete = add_elements(&parts, exclusive, SL_EXCLUSIVE) &&
					(shared == NULL || add_elements(&parts, shared, SL_SHARED));
	if (complete)
		qsort(parts.elements, count, sizeof *parts.elements, by_path);
	if (!complete || !all_differ(&parts) || !is_new(self)) {
		free_parts(&parts);
		return;
	}
	self->parts = parts;
	self->set = (struct sl_lock_set){.members = parts.members, .count = count};
}

/* This object, or NULL and an exception if its constructor did not succeed. */
static struct lock_set_object *constructed(zval *this)
{
	struct lock_set_object *self = from_object(Z_OBJ_P(this));
	if (self->parts.elements != NULL)
		return self;
	zend_throw_exception(spl_ce_LogicException, "this LockSet was never constructed", 0);
	return NULL;
}

/* Fills in what the core has to know. *complete: nothing is missing. False, and an exception. */
static bool prepare(struct lock_set_object *self, bool *complete)
{
	*complete = true;
	for (size_t i = 0; i < self->parts.count; i++) {
		struct element *element = &self->parts.elements[i];
		struct sl_member *member = &self->set.members[i];
		bool usable = is_native(element)
						  ? sl_lock_object_member(member, element->object, element->mode)
						  : sl_foreign_lock_member(member, element->object, element->mode);
		if (!usable)
			return false;
		if (!member->has_it)
			*complete = false;
	}
	return true;
}

static void note_taken(struct lock_set_object *self)
{
	self->acquires++;
	for (size_t i = 0; i < self->parts.count; i++) {
		struct element *element = &self->parts.elements[i];
		if (!self->set.members[i].ours)
			continue;
		element->taken = self->acquires;
		if (is_native(element))
			element->generation = sl_lock_generation(sl_lock_of(element->object));
	}
}

/* Takes what is missing. SL_OK: all are held. */
static enum sl_result acquire_missing(
	struct lock_set_object *self, const struct sl_wait *wait, struct sl_failure *failure)
{
	bool complete;

	sl_lock_set_begin(&self->set);
	if (!prepare(self, &complete))
		return SL_THROWN;
	if (complete)
		return SL_OK;
	sl_set_acquiring(&self->set, true);
	enum sl_result result = sl_lock_set_take(&self->set, failure);
	if (result == SL_BUSY && wait->timeout > 0.0)
		return sl_wait_for_set(&self->set, wait, failure);
	sl_set_acquiring(&self->set, false);
	return result == SL_OK ? sl_lock_set_confirm(&self->set, failure) : result;
}

/*
 * SL_OK: all are held; self->acquires is the number by which those are known that this acquire
 * took. SL_BUSY: not all could be had. SL_THROWN: an exception is there.
 */
static enum sl_result acquire(struct lock_set_object *self, const struct sl_wait *wait)
{
	struct sl_failure failure = {.call = NULL};
	volatile enum sl_result result = SL_THROWN;

	if (self->acquiring) {
		zend_throw_exception(spl_ce_LogicException, "this LockSet waits already", 0);
		return SL_THROWN;
	}
	self->acquiring = true;
	zend_try
	{
		result = acquire_missing(self, wait, &failure);
	}
	zend_catch
	{
		/* A fatal error in a Lock that is written in PHP. */
		sl_lock_set_give_up(&self->set);
		sl_set_acquiring(&self->set, false);
		self->acquiring = false;
		zend_bailout();
	}
	zend_end_try();
	self->acquiring = false;
	if (result == SL_OK) {
		note_taken(self);
		return SL_OK;
	}
	const struct element *busy = &self->parts.elements[self->set.busy];
	return sl_throw_unless_busy(
		result, &failure, is_native(busy) ? sl_lock_of(busy->object) : NULL, ZSTR_VAL(busy->path));
}

ZEND_METHOD(Sitelock_LockSet, acquire)
{
	struct sl_wait wait;

	sl_wait_for_seconds(&wait, 0.0);
	SL_PARSE_PARAMETERS_START(0, 2)
		Z_PARAM_OPTIONAL
		SL_PARAM_WAIT(wait)
	ZEND_PARSE_PARAMETERS_END();

	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self != NULL && sl_timeout_is_valid(wait, 1))
		RETURN_BOOL(acquire(self, &wait) == SL_OK);
}

ZEND_METHOD(Sitelock_LockSet, release)
{
	SL_PARSE_PARAMETERS_NONE();
	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self != NULL)
		give_back_taken(self, 0, NULL);
}

ZEND_METHOD(Sitelock_LockSet, isAcquired)
{
	SL_PARSE_PARAMETERS_NONE();
	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	for (size_t i = 0; i < self->parts.count; i++) {
		bool acquired;
		if (!sl_ask_is_acquired(self->parts.elements[i].object, &acquired))
			return;
		if (!acquired)
			RETURN_FALSE;
	}
	RETURN_TRUE;
}

ZEND_METHOD(Sitelock_LockSet, getHolders)
{
	SL_PARSE_PARAMETERS_NONE();
	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self == NULL)
		return;
	array_init(return_value);
	for (size_t i = 0; i < self->parts.count; i++) {
		zval holders;
		if (!sl_ask_holders(self->parts.elements[i].object, &holders))
			return;
		if (zend_hash_num_elements(Z_ARRVAL(holders)) > 0)
			zend_symtable_update(Z_ARRVAL_P(return_value), self->parts.elements[i].path, &holders);
		else
			zval_ptr_dtor(&holders);
	}
}

/* The member that was found busy says who has it. */
static void throw_busy(struct lock_set_object *self)
{
	const struct element *busy = &self->parts.elements[self->set.busy];
	zval holders;

	if (is_native(busy)) {
		sl_lock_throw_busy(busy->object);
		return;
	}
	if (!sl_ask_holders(busy->object, &holders)) {
		zend_clear_exception();
		array_init(&holders);
	}
	sl_throw_busy(ZSTR_VAL(busy->path), &holders, 0);
	zval_ptr_dtor(&holders);
}

ZEND_METHOD(Sitelock_LockSet, synchronized)
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

	struct lock_set_object *self = constructed(ZEND_THIS);
	if (self == NULL || !sl_timeout_is_valid(wait, 2))
		return;
	enum sl_result result = acquire(self, &wait);
	if (result == SL_BUSY)
		throw_busy(self);
	if (result != SL_OK)
		return;
	unsigned taken = self->acquires;
	sl_call_critical(&call, &cache, return_value);
	/* The callable may have released the set itself, and even acquired it anew. */
	if (sl_request_outlives(EG(exception)))
		give_back_taken(self, taken, EG(exception));
}

void sl_register_lock_set(zend_class_entry *ce)
{
	sl_lock_set_ce = ce;
	ce->create_object = create_object;
	sl_forbid_serialization(ce);
	sl_forbid_dynamic_properties(ce);
	memcpy(&lock_set_handlers, zend_get_std_object_handlers(), sizeof lock_set_handlers);
	lock_set_handlers.offset = XtOffsetOf(struct lock_set_object, std);
	lock_set_handlers.dtor_obj = destroy_object;
	lock_set_handlers.free_obj = free_object;
	lock_set_handlers.clone_obj = NULL;
	lock_set_handlers.get_gc = get_gc;
	sl_forbid_comparison(&lock_set_handlers);
}
