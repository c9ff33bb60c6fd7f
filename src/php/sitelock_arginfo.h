/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 302fb10cd1e03914384799f1083be82674cd03e2 */

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_Sitelock_held, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_Lock_acquire, 0, 0, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 0, "0.0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, onWait, IS_CALLABLE, 1, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_Lock_acquireShared arginfo_class_Sitelock_Lock_acquire

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_Lock_release, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_Lock_isAcquired, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_Lock_getHolders arginfo_Sitelock_held

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Sitelock_Lock_synchronized, 0, 0, 1)
	ZEND_ARG_TYPE_INFO(0, critical, IS_CALLABLE, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, timeout, IS_DOUBLE, 0, "INF")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, onWait, IS_CALLABLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_Lock_getPath, 0, 0, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Sitelock_FileLock___construct, 0, 0, 1)
	ZEND_ARG_TYPE_INFO(0, path, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, label, IS_STRING, 0, "\"\"")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, permissions, IS_LONG, 0, "0600")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, record, _IS_BOOL, 0, "true")
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_FileLock_acquire arginfo_class_Sitelock_Lock_acquire

#define arginfo_class_Sitelock_FileLock_acquireShared arginfo_class_Sitelock_Lock_acquire

#define arginfo_class_Sitelock_FileLock_release arginfo_class_Sitelock_Lock_release

#define arginfo_class_Sitelock_FileLock_isAcquired arginfo_class_Sitelock_Lock_isAcquired

#define arginfo_class_Sitelock_FileLock_getHolders arginfo_Sitelock_held

#define arginfo_class_Sitelock_FileLock_synchronized arginfo_class_Sitelock_Lock_synchronized

#define arginfo_class_Sitelock_FileLock_getPath arginfo_class_Sitelock_Lock_getPath

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_FileLock_getWaitersAhead, 0, 0, IS_LONG, 1)
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_FileLock_getAbandonedBy arginfo_Sitelock_held

#define arginfo_class_Sitelock_FileLock_markConsistent arginfo_class_Sitelock_Lock_release

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_FileLock_setInheritable, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, on, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_FileLock_remove arginfo_class_Sitelock_Lock_isAcquired

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Sitelock_DirectoryLock___construct, 0, 0, 1)
	ZEND_ARG_TYPE_INFO(0, path, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, label, IS_STRING, 0, "\"\"")
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_DirectoryLock_acquire arginfo_class_Sitelock_Lock_acquire

#define arginfo_class_Sitelock_DirectoryLock_acquireShared arginfo_class_Sitelock_Lock_acquire

#define arginfo_class_Sitelock_DirectoryLock_release arginfo_class_Sitelock_Lock_release

#define arginfo_class_Sitelock_DirectoryLock_isAcquired arginfo_class_Sitelock_Lock_isAcquired

#define arginfo_class_Sitelock_DirectoryLock_getHolders arginfo_Sitelock_held

#define arginfo_class_Sitelock_DirectoryLock_synchronized arginfo_class_Sitelock_Lock_synchronized

#define arginfo_class_Sitelock_DirectoryLock_getPath arginfo_class_Sitelock_Lock_getPath

#define arginfo_class_Sitelock_DirectoryLock_setInheritable arginfo_class_Sitelock_FileLock_setInheritable

#define arginfo_class_Sitelock_DirectoryLock_breakStale arginfo_class_Sitelock_Lock_isAcquired

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_DirectoryLock_forceBreak, 0, 0, IS_VOID, 0)
	ZEND_ARG_VARIADIC_OBJ_INFO(0, seen, Sitelock\\Holder, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Sitelock_BorgLock___construct, 0, 0, 1)
	ZEND_ARG_TYPE_INFO(0, repository, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, hostId, IS_STRING, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, label, IS_STRING, 0, "\"\"")
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_BorgLock_acquire arginfo_class_Sitelock_Lock_acquire

#define arginfo_class_Sitelock_BorgLock_acquireShared arginfo_class_Sitelock_Lock_acquire

#define arginfo_class_Sitelock_BorgLock_release arginfo_class_Sitelock_Lock_release

#define arginfo_class_Sitelock_BorgLock_isAcquired arginfo_class_Sitelock_Lock_isAcquired

#define arginfo_class_Sitelock_BorgLock_getHolders arginfo_Sitelock_held

#define arginfo_class_Sitelock_BorgLock_synchronized arginfo_class_Sitelock_Lock_synchronized

#define arginfo_class_Sitelock_BorgLock_getPath arginfo_class_Sitelock_Lock_getPath

#define arginfo_class_Sitelock_BorgLock_breakStale arginfo_class_Sitelock_Lock_isAcquired

#define arginfo_class_Sitelock_BorgLock_forceBreak arginfo_class_Sitelock_DirectoryLock_forceBreak

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Sitelock_LockSet___construct, 0, 0, 1)
	ZEND_ARG_TYPE_INFO(0, exclusive, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, shared, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_LockSet_acquire arginfo_class_Sitelock_Lock_acquire

#define arginfo_class_Sitelock_LockSet_release arginfo_class_Sitelock_Lock_release

#define arginfo_class_Sitelock_LockSet_isAcquired arginfo_class_Sitelock_Lock_isAcquired

#define arginfo_class_Sitelock_LockSet_getHolders arginfo_Sitelock_held

#define arginfo_class_Sitelock_LockSet_synchronized arginfo_class_Sitelock_Lock_synchronized

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Sitelock_Holder___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_Holder_getPid arginfo_class_Sitelock_FileLock_getWaitersAhead

#define arginfo_class_Sitelock_Holder_getHost arginfo_class_Sitelock_Lock_getPath

#define arginfo_class_Sitelock_Holder_getUser arginfo_class_Sitelock_Lock_getPath

#define arginfo_class_Sitelock_Holder_getCommand arginfo_class_Sitelock_Lock_getPath

#define arginfo_class_Sitelock_Holder_getLabel arginfo_class_Sitelock_Lock_getPath

#define arginfo_class_Sitelock_Holder_isShared arginfo_class_Sitelock_Lock_isAcquired

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_Holder_getSince, 0, 0, IS_DOUBLE, 1)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_Holder_isAlive, 0, 0, _IS_BOOL, 1)
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_Holder_isSelf arginfo_class_Sitelock_Lock_isAcquired

#define arginfo_class_Sitelock_Holder_isAncestor arginfo_class_Sitelock_Lock_isAcquired

#define arginfo_class_Sitelock_Holder_isInherited arginfo_class_Sitelock_Lock_isAcquired

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Sitelock_Holder_getEnd, 0, 0, IS_STRING, 1)
ZEND_END_ARG_INFO()

#define arginfo_class_Sitelock_Holder___toString arginfo_class_Sitelock_Lock_getPath

#define arginfo_class_Sitelock_BusyException_getHolders arginfo_Sitelock_held


ZEND_FUNCTION(Sitelock_held);
ZEND_METHOD(Sitelock_FileLock, __construct);
ZEND_METHOD(Sitelock_FileLock, acquire);
ZEND_METHOD(Sitelock_FileLock, acquireShared);
ZEND_METHOD(Sitelock_FileLock, release);
ZEND_METHOD(Sitelock_FileLock, isAcquired);
ZEND_METHOD(Sitelock_FileLock, getHolders);
ZEND_METHOD(Sitelock_FileLock, synchronized);
ZEND_METHOD(Sitelock_FileLock, getPath);
ZEND_METHOD(Sitelock_FileLock, getWaitersAhead);
ZEND_METHOD(Sitelock_FileLock, getAbandonedBy);
ZEND_METHOD(Sitelock_FileLock, markConsistent);
ZEND_METHOD(Sitelock_FileLock, setInheritable);
ZEND_METHOD(Sitelock_FileLock, remove);
ZEND_METHOD(Sitelock_DirectoryLock, __construct);
ZEND_METHOD(Sitelock_DirectoryLock, breakStale);
ZEND_METHOD(Sitelock_DirectoryLock, forceBreak);
ZEND_METHOD(Sitelock_BorgLock, __construct);
ZEND_METHOD(Sitelock_BorgLock, breakStale);
ZEND_METHOD(Sitelock_BorgLock, forceBreak);
ZEND_METHOD(Sitelock_LockSet, __construct);
ZEND_METHOD(Sitelock_LockSet, acquire);
ZEND_METHOD(Sitelock_LockSet, release);
ZEND_METHOD(Sitelock_LockSet, isAcquired);
ZEND_METHOD(Sitelock_LockSet, getHolders);
ZEND_METHOD(Sitelock_LockSet, synchronized);
ZEND_METHOD(Sitelock_Holder, __construct);
ZEND_METHOD(Sitelock_Holder, getPid);
ZEND_METHOD(Sitelock_Holder, getHost);
ZEND_METHOD(Sitelock_Holder, getUser);
ZEND_METHOD(Sitelock_Holder, getCommand);
ZEND_METHOD(Sitelock_Holder, getLabel);
ZEND_METHOD(Sitelock_Holder, isShared);
ZEND_METHOD(Sitelock_Holder, getSince);
ZEND_METHOD(Sitelock_Holder, isAlive);
ZEND_METHOD(Sitelock_Holder, isSelf);
ZEND_METHOD(Sitelock_Holder, isAncestor);
ZEND_METHOD(Sitelock_Holder, isInherited);
ZEND_METHOD(Sitelock_Holder, getEnd);
ZEND_METHOD(Sitelock_Holder, __toString);
ZEND_METHOD(Sitelock_BusyException, getHolders);


static const zend_function_entry ext_functions[] = {
	ZEND_NS_FALIAS("Sitelock", held, Sitelock_held, arginfo_Sitelock_held)
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_Lock_methods[] = {
	ZEND_ABSTRACT_ME_WITH_FLAGS(Sitelock_Lock, acquire, arginfo_class_Sitelock_Lock_acquire, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Sitelock_Lock, acquireShared, arginfo_class_Sitelock_Lock_acquireShared, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Sitelock_Lock, release, arginfo_class_Sitelock_Lock_release, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Sitelock_Lock, isAcquired, arginfo_class_Sitelock_Lock_isAcquired, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Sitelock_Lock, getHolders, arginfo_class_Sitelock_Lock_getHolders, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Sitelock_Lock, synchronized, arginfo_class_Sitelock_Lock_synchronized, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_ABSTRACT_ME_WITH_FLAGS(Sitelock_Lock, getPath, arginfo_class_Sitelock_Lock_getPath, ZEND_ACC_PUBLIC|ZEND_ACC_ABSTRACT)
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_FileLock_methods[] = {
	ZEND_ME(Sitelock_FileLock, __construct, arginfo_class_Sitelock_FileLock___construct, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, acquire, arginfo_class_Sitelock_FileLock_acquire, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, acquireShared, arginfo_class_Sitelock_FileLock_acquireShared, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, release, arginfo_class_Sitelock_FileLock_release, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, isAcquired, arginfo_class_Sitelock_FileLock_isAcquired, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, getHolders, arginfo_class_Sitelock_FileLock_getHolders, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, synchronized, arginfo_class_Sitelock_FileLock_synchronized, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, getPath, arginfo_class_Sitelock_FileLock_getPath, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, getWaitersAhead, arginfo_class_Sitelock_FileLock_getWaitersAhead, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, getAbandonedBy, arginfo_class_Sitelock_FileLock_getAbandonedBy, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, markConsistent, arginfo_class_Sitelock_FileLock_markConsistent, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, setInheritable, arginfo_class_Sitelock_FileLock_setInheritable, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_FileLock, remove, arginfo_class_Sitelock_FileLock_remove, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_DirectoryLock_methods[] = {
	ZEND_ME(Sitelock_DirectoryLock, __construct, arginfo_class_Sitelock_DirectoryLock___construct, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, acquire, acquire, arginfo_class_Sitelock_DirectoryLock_acquire, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, acquireShared, acquireShared, arginfo_class_Sitelock_DirectoryLock_acquireShared, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, release, release, arginfo_class_Sitelock_DirectoryLock_release, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, isAcquired, isAcquired, arginfo_class_Sitelock_DirectoryLock_isAcquired, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, getHolders, getHolders, arginfo_class_Sitelock_DirectoryLock_getHolders, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, synchronized, synchronized, arginfo_class_Sitelock_DirectoryLock_synchronized, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, getPath, getPath, arginfo_class_Sitelock_DirectoryLock_getPath, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, setInheritable, setInheritable, arginfo_class_Sitelock_DirectoryLock_setInheritable, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_DirectoryLock, breakStale, arginfo_class_Sitelock_DirectoryLock_breakStale, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_DirectoryLock, forceBreak, arginfo_class_Sitelock_DirectoryLock_forceBreak, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_BorgLock_methods[] = {
	ZEND_ME(Sitelock_BorgLock, __construct, arginfo_class_Sitelock_BorgLock___construct, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, acquire, acquire, arginfo_class_Sitelock_BorgLock_acquire, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, acquireShared, acquireShared, arginfo_class_Sitelock_BorgLock_acquireShared, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, release, release, arginfo_class_Sitelock_BorgLock_release, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, isAcquired, isAcquired, arginfo_class_Sitelock_BorgLock_isAcquired, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, getHolders, getHolders, arginfo_class_Sitelock_BorgLock_getHolders, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, synchronized, synchronized, arginfo_class_Sitelock_BorgLock_synchronized, ZEND_ACC_PUBLIC)
	ZEND_MALIAS(Sitelock_FileLock, getPath, getPath, arginfo_class_Sitelock_BorgLock_getPath, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_BorgLock, breakStale, arginfo_class_Sitelock_BorgLock_breakStale, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_BorgLock, forceBreak, arginfo_class_Sitelock_BorgLock_forceBreak, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_LockSet_methods[] = {
	ZEND_ME(Sitelock_LockSet, __construct, arginfo_class_Sitelock_LockSet___construct, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_LockSet, acquire, arginfo_class_Sitelock_LockSet_acquire, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_LockSet, release, arginfo_class_Sitelock_LockSet_release, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_LockSet, isAcquired, arginfo_class_Sitelock_LockSet_isAcquired, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_LockSet, getHolders, arginfo_class_Sitelock_LockSet_getHolders, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_LockSet, synchronized, arginfo_class_Sitelock_LockSet_synchronized, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_Holder_methods[] = {
	ZEND_ME(Sitelock_Holder, __construct, arginfo_class_Sitelock_Holder___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Sitelock_Holder, getPid, arginfo_class_Sitelock_Holder_getPid, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, getHost, arginfo_class_Sitelock_Holder_getHost, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, getUser, arginfo_class_Sitelock_Holder_getUser, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, getCommand, arginfo_class_Sitelock_Holder_getCommand, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, getLabel, arginfo_class_Sitelock_Holder_getLabel, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, isShared, arginfo_class_Sitelock_Holder_isShared, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, getSince, arginfo_class_Sitelock_Holder_getSince, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, isAlive, arginfo_class_Sitelock_Holder_isAlive, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, isSelf, arginfo_class_Sitelock_Holder_isSelf, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, isAncestor, arginfo_class_Sitelock_Holder_isAncestor, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, isInherited, arginfo_class_Sitelock_Holder_isInherited, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, getEnd, arginfo_class_Sitelock_Holder_getEnd, ZEND_ACC_PUBLIC)
	ZEND_ME(Sitelock_Holder, __toString, arginfo_class_Sitelock_Holder___toString, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_LockException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_BusyException_methods[] = {
	ZEND_ME(Sitelock_BusyException, getHolders, arginfo_class_Sitelock_BusyException_getHolders, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_DeadlockException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_LostLockException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_UnsafePathException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_UnsupportedException_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Sitelock_SystemException_methods[] = {
	ZEND_FE_END
};

static zend_class_entry *register_class_Sitelock_Lock(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "Lock", class_Sitelock_Lock_methods);
	class_entry = zend_register_internal_interface(&ce);

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_FileLock(zend_class_entry *class_entry_Sitelock_Lock)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "FileLock", class_Sitelock_FileLock_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL;
	zend_class_implements(class_entry, 1, class_entry_Sitelock_Lock);

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_DirectoryLock(zend_class_entry *class_entry_Sitelock_Lock)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "DirectoryLock", class_Sitelock_DirectoryLock_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL;
	zend_class_implements(class_entry, 1, class_entry_Sitelock_Lock);

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_BorgLock(zend_class_entry *class_entry_Sitelock_Lock)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "BorgLock", class_Sitelock_BorgLock_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL;
	zend_class_implements(class_entry, 1, class_entry_Sitelock_Lock);

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_LockSet(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "LockSet", class_Sitelock_LockSet_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_Holder(void)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "Holder", class_Sitelock_Holder_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	zval property_pid_default_value;
	ZVAL_NULL(&property_pid_default_value);
	zend_string *property_pid_name = zend_string_init("pid", sizeof("pid") - 1, 1);
	zend_declare_typed_property(class_entry, property_pid_name, &property_pid_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_pid_name);

	zval property_host_default_value;
	ZVAL_EMPTY_STRING(&property_host_default_value);
	zend_string *property_host_name = zend_string_init("host", sizeof("host") - 1, 1);
	zend_declare_typed_property(class_entry, property_host_name, &property_host_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_host_name);

	zval property_user_default_value;
	ZVAL_EMPTY_STRING(&property_user_default_value);
	zend_string *property_user_name = zend_string_init("user", sizeof("user") - 1, 1);
	zend_declare_typed_property(class_entry, property_user_name, &property_user_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_user_name);

	zval property_command_default_value;
	ZVAL_EMPTY_STRING(&property_command_default_value);
	zend_string *property_command_name = zend_string_init("command", sizeof("command") - 1, 1);
	zend_declare_typed_property(class_entry, property_command_name, &property_command_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_command_name);

	zval property_label_default_value;
	ZVAL_EMPTY_STRING(&property_label_default_value);
	zend_string *property_label_name = zend_string_init("label", sizeof("label") - 1, 1);
	zend_declare_typed_property(class_entry, property_label_name, &property_label_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_label_name);

	zval property_shared_default_value;
	ZVAL_FALSE(&property_shared_default_value);
	zend_string *property_shared_name = zend_string_init("shared", sizeof("shared") - 1, 1);
	zend_declare_typed_property(class_entry, property_shared_name, &property_shared_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_shared_name);

	zval property_since_default_value;
	ZVAL_NULL(&property_since_default_value);
	zend_string *property_since_name = zend_string_init("since", sizeof("since") - 1, 1);
	zend_declare_typed_property(class_entry, property_since_name, &property_since_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE|MAY_BE_NULL));
	zend_string_release(property_since_name);

	zval property_alive_default_value;
	ZVAL_NULL(&property_alive_default_value);
	zend_string *property_alive_name = zend_string_init("alive", sizeof("alive") - 1, 1);
	zend_declare_typed_property(class_entry, property_alive_name, &property_alive_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL|MAY_BE_NULL));
	zend_string_release(property_alive_name);

	zval property_self_default_value;
	ZVAL_FALSE(&property_self_default_value);
	zend_string *property_self_name = zend_string_init("self", sizeof("self") - 1, 1);
	zend_declare_typed_property(class_entry, property_self_name, &property_self_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_self_name);

	zval property_ancestor_default_value;
	ZVAL_FALSE(&property_ancestor_default_value);
	zend_string *property_ancestor_name = zend_string_init("ancestor", sizeof("ancestor") - 1, 1);
	zend_declare_typed_property(class_entry, property_ancestor_name, &property_ancestor_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_ancestor_name);

	zval property_inherited_default_value;
	ZVAL_FALSE(&property_inherited_default_value);
	zend_string *property_inherited_name = zend_string_init("inherited", sizeof("inherited") - 1, 1);
	zend_declare_typed_property(class_entry, property_inherited_name, &property_inherited_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_BOOL));
	zend_string_release(property_inherited_name);

	zval property_acquirer_default_value;
	ZVAL_NULL(&property_acquirer_default_value);
	zend_string *property_acquirer_name = zend_string_init("acquirer", sizeof("acquirer") - 1, 1);
	zend_declare_typed_property(class_entry, property_acquirer_name, &property_acquirer_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_LONG|MAY_BE_NULL));
	zend_string_release(property_acquirer_name);

	zval property_acquirerCommand_default_value;
	ZVAL_EMPTY_STRING(&property_acquirerCommand_default_value);
	zend_string *property_acquirerCommand_name = zend_string_init("acquirerCommand", sizeof("acquirerCommand") - 1, 1);
	zend_declare_typed_property(class_entry, property_acquirerCommand_name, &property_acquirerCommand_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_acquirerCommand_name);

	zval property_end_default_value;
	ZVAL_NULL(&property_end_default_value);
	zend_string *property_end_name = zend_string_init("end", sizeof("end") - 1, 1);
	zend_declare_typed_property(class_entry, property_end_name, &property_end_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING|MAY_BE_NULL));
	zend_string_release(property_end_name);

	zval property_until_default_value;
	ZVAL_NULL(&property_until_default_value);
	zend_string *property_until_name = zend_string_init("until", sizeof("until") - 1, 1);
	zend_declare_typed_property(class_entry, property_until_name, &property_until_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_DOUBLE|MAY_BE_NULL));
	zend_string_release(property_until_name);

	zval property_record_default_value;
	ZVAL_EMPTY_STRING(&property_record_default_value);
	zend_string *property_record_name = zend_string_init("record", sizeof("record") - 1, 1);
	zend_declare_typed_property(class_entry, property_record_name, &property_record_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_STRING));
	zend_string_release(property_record_name);

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_LockException(zend_class_entry *class_entry_RuntimeException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "LockException", class_Sitelock_LockException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_BusyException(zend_class_entry *class_entry_Sitelock_LockException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "BusyException", class_Sitelock_BusyException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Sitelock_LockException);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	zval property_holders_default_value;
	ZVAL_NULL(&property_holders_default_value);
	zend_string *property_holders_name = zend_string_init("holders", sizeof("holders") - 1, 1);
	zend_declare_typed_property(class_entry, property_holders_name, &property_holders_default_value, ZEND_ACC_PRIVATE, NULL, (zend_type) ZEND_TYPE_INIT_MASK(MAY_BE_ARRAY|MAY_BE_NULL));
	zend_string_release(property_holders_name);

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_DeadlockException(zend_class_entry *class_entry_Sitelock_LockException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "DeadlockException", class_Sitelock_DeadlockException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Sitelock_LockException);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_LostLockException(zend_class_entry *class_entry_Sitelock_LockException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "LostLockException", class_Sitelock_LostLockException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Sitelock_LockException);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_UnsafePathException(zend_class_entry *class_entry_Sitelock_LockException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "UnsafePathException", class_Sitelock_UnsafePathException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Sitelock_LockException);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_UnsupportedException(zend_class_entry *class_entry_Sitelock_LockException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "UnsupportedException", class_Sitelock_UnsupportedException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Sitelock_LockException);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Sitelock_SystemException(zend_class_entry *class_entry_Sitelock_LockException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Sitelock", "SystemException", class_Sitelock_SystemException_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Sitelock_LockException);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}
