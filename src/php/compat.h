/*
 * What differs between PHP 7.4 and 8.5. No other file asks for a version.
 */
#ifndef SL_PHP_COMPAT_H
#define SL_PHP_COMPAT_H

#include <php.h>
#include <SAPI.h>
#include <Zend/zend_exceptions.h>
#include <Zend/zend_interfaces.h>
#include <ext/spl/spl_exceptions.h>

#if PHP_VERSION_ID < 70400
#error "sitelock needs PHP 7.4 or later"
#endif

#if PHP_VERSION_ID >= 80000
#define SL_ARGINFO "sitelock_arginfo.h"
#else
#define SL_ARGINFO "sitelock_legacy_arginfo.h"
#define ZEND_ABSTRACT_ME_WITH_FLAGS(class_name, name, arg_info, flags)                             \
	ZEND_FENTRY(name, NULL, arg_info, flags)
#endif

/* Wrong arguments throw, in methods too: before 8.0 they would warn, and leave an object half made.
 */
#if PHP_VERSION_ID >= 80000
#define SL_PARSE_PARAMETERS_START(min, max) ZEND_PARSE_PARAMETERS_START(min, max)
#define SL_PARSE_PARAMETERS_NONE()          ZEND_PARSE_PARAMETERS_NONE()
#else
#define SL_PARSE_PARAMETERS_START(min, max)                                                        \
	ZEND_PARSE_PARAMETERS_START_EX(ZEND_PARSE_PARAMS_THROW, min, max)
#define SL_PARSE_PARAMETERS_NONE()                                                                 \
	ZEND_PARSE_PARAMETERS_START_EX(ZEND_PARSE_PARAMS_THROW, 0, 0)                                  \
	ZEND_PARSE_PARAMETERS_END                                                                      \
	()
#endif

/* Since 8.0. */
#ifndef Z_PARAM_STR_OR_NULL
#define Z_PARAM_STR_OR_NULL(dest) Z_PARAM_STR_EX(dest, 1, 0)
#endif

/* What Z_PARAM_BOOL fills in. */
#if PHP_VERSION_ID >= 80000
#include <stdbool.h>
typedef bool sl_bool_argument;
#else
typedef zend_bool sl_bool_argument;
#endif

/* A value that an argument cannot have: \ValueError since 8.0. `name` is that of the argument. */
#if PHP_VERSION_ID >= 80000
#define sl_argument_error(number, name, message) zend_argument_value_error(number, message)
#else
#define sl_argument_error(number, name, message)                                                   \
	zend_throw_exception_ex(                                                                       \
		spl_ce_InvalidArgumentException, 0, "Argument #%d ($%s) %s", (int)(number), name, message)
#endif

/* Some of these take a zend_object since 8.0, and a zval that holds it before. */
#if PHP_VERSION_ID >= 80000
#define sl_read_property(ce, object, name, rv)                                                     \
	zend_read_property(ce, object, name, sizeof(name) - 1, 1, rv)
#define sl_update_property(ce, object, name, value)                                                \
	zend_update_property(ce, object, name, sizeof(name) - 1, value)
#else
static inline zval sl_zval_of(zend_object *object)
{
	zval value;
	ZVAL_OBJ(&value, object);
	return value;
}
#define sl_read_property(ce, object, name, rv)                                                     \
	zend_read_property(ce, &(zval[]){sl_zval_of(object)}[0], name, sizeof(name) - 1, 1, rv)
#define sl_update_property(ce, object, name, value)                                                \
	zend_update_property(ce, &(zval[]){sl_zval_of(object)}[0], name, sizeof(name) - 1, value)
#endif

/* exit() unwinds the stack as an exception of its own kind since 8.0. */
#if PHP_VERSION_ID >= 80000
#define sl_is_exit(exception) zend_is_unwind_exit(exception)
#else
#define sl_is_exit(exception) ((void)(exception), false)
#endif

/* A generator or fiber that is thrown away while it is suspended unwinds as one, since 8.1. */
#if PHP_VERSION_ID >= 80100
#define sl_is_graceful_exit(exception) zend_is_graceful_exit(exception)
#else
#define sl_is_graceful_exit(exception) ((void)(exception), false)
#endif

/*
 * SL_ERROR_CALLBACK(note, next) defines a zend_error_cb of the name observe_error, which calls
 * note(type, message) and then `next`, the one that was there before.
 */
#if PHP_VERSION_ID >= 80100
typedef zend_string sl_error_file;
#else
typedef const char sl_error_file;
#endif
#if PHP_VERSION_ID >= 80000
typedef void (*sl_error_callback)(int, sl_error_file *, const uint32_t, zend_string *);
#define SL_ERROR_CALLBACK(note, next)                                                              \
	static void observe_error(                                                                     \
		int type, sl_error_file *file, const uint32_t line, zend_string *message)                  \
	{                                                                                              \
		note(type, ZSTR_VAL(message));                                                             \
		next(type, file, line, message);                                                           \
	}
#else
typedef void (*sl_error_callback)(int, sl_error_file *, const uint32_t, const char *, va_list);
#define SL_ERROR_CALLBACK(note, next)                                                              \
	static void observe_error(                                                                     \
		int type, sl_error_file *file, const uint32_t line, const char *format, va_list arguments) \
	{                                                                                              \
		char message[256];                                                                         \
		va_list copy;                                                                              \
		va_copy(copy, arguments);                                                                  \
		ap_php_vsnprintf(message, sizeof message, format, copy);                                   \
		va_end(copy);                                                                              \
		note(type, message);                                                                       \
		next(type, file, line, format, arguments);                                                 \
	}
#endif

/* Values that do not go together: \ValueError since 8.0. */
#if PHP_VERSION_ID >= 80000
#define sl_value_error(format, ...) zend_value_error(format, __VA_ARGS__)
#else
#define sl_value_error(format, ...)                                                                \
	zend_throw_exception_ex(spl_ce_InvalidArgumentException, 0, format, __VA_ARGS__)
#endif

/* A value of the wrong type in an array. \TypeError in all versions. */
#if PHP_VERSION_ID >= 80000
#define sl_argument_type_error(number, name, message) zend_argument_type_error(number, message)
#else
#define sl_argument_type_error(number, name, message)                                              \
	zend_type_error("Argument #" #number " ($" name ") " message)
#endif

/* What a handler of objects is given. */
#if PHP_VERSION_ID >= 80000
typedef zend_object sl_handled;
#define sl_handled_object(handled) (handled)
#else
typedef zval sl_handled;
#define sl_handled_object(handled) Z_OBJ_P(handled)
#endif

/* Something is to be done before the next opcode: a signal handler, or the time is up. */
static inline bool sl_interrupt_is_pending(void)
{
#if PHP_VERSION_ID >= 80200
	return zend_atomic_bool_load_ex(&EG(vm_interrupt));
#else
	return EG(vm_interrupt);
#endif
}

/* Does it, as the VM does between two opcodes. */
static inline void sl_serve_interrupt(void)
{
	if (!sl_interrupt_is_pending())
		return;
#if PHP_VERSION_ID >= 80400
	zend_fcall_interrupt(EG(current_execute_data));
#else
#if PHP_VERSION_ID >= 80200
	zend_atomic_bool_store_ex(&EG(vm_interrupt), false);
	bool timed_out = zend_atomic_bool_load_ex(&EG(timed_out));
#else
	EG(vm_interrupt) = 0;
	bool timed_out = EG(timed_out);
#endif
	if (timed_out) {
#if PHP_VERSION_ID >= 80000
		zend_timeout();
#else
		zend_timeout(0);
#endif
	} else if (zend_interrupt_function != NULL) {
		zend_interrupt_function(EG(current_execute_data));
	}
#endif
}

static inline void sl_forbid_serialization(zend_class_entry *ce)
{
#if PHP_VERSION_ID >= 80100
	ce->ce_flags |= ZEND_ACC_NOT_SERIALIZABLE;
#else
	ce->serialize = zend_class_serialize_deny;
	ce->unserialize = zend_class_unserialize_deny;
#endif
}

static inline void sl_forbid_dynamic_properties(zend_class_entry *ce)
{
#if PHP_VERSION_ID >= 80000
	ce->ce_flags |= ZEND_ACC_NO_DYNAMIC_PROPERTIES;
#else
	(void)ce;
#endif
}

/* Two locks are never equal, and neither is more than the other. */
static inline int sl_compare_never(zval *a, zval *b)
{
	(void)a;
	(void)b;
	return 1;
}
#if PHP_VERSION_ID >= 80000
#define sl_forbid_comparison(handlers) ((handlers)->compare = sl_compare_never)
#else
#define sl_forbid_comparison(handlers) ((handlers)->compare_objects = sl_compare_never)
#endif

#endif
