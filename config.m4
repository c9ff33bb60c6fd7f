dnl sitelock: safe lock objects for PHP command-line tools

PHP_ARG_ENABLE([sitelock],
  [whether to enable sitelock],
  [AS_HELP_STRING([--enable-sitelock], [Enable sitelock])])

PHP_ARG_ENABLE([sitelock-dev],
  [whether to build sitelock as its developers do],
  [AS_HELP_STRING([--enable-sitelock-dev], [sitelock: warnings are errors])],
  [no], [no])

if test "$PHP_SITELOCK" != "no"; then
  dnl flock on open file descriptions, /proc/locks, fdinfo, O_PATH: none of it is elsewhere.
  case $host_os in
    linux*) ;;
    *) AC_MSG_ERROR([sitelock needs Linux, this is $host_os]) ;;
  esac

  SITELOCK_CFLAGS="-std=gnu11 -D_GNU_SOURCE -fvisibility=hidden -pthread -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1"
  if test "$PHP_SITELOCK_DEV" != "no"; then
    dnl PHP's own headers are no cleaner than they are.
    SITELOCK_CFLAGS="$SITELOCK_CFLAGS -Wall -Wextra -Werror -Wformat=2 -Wvla -Wno-unused-parameter -fstack-protector-strong"
  fi

  SITELOCK_CORE="
    src/core/borg_exclusive.c
    src/core/borg_id.c
    src/core/borg_lock.c
    src/core/borg_repository.c
    src/core/borg_roster.c
    src/core/deadlock.c
    src/core/directory.c
    src/core/directory_lock.c
    src/core/file_lock.c
    src/core/filesystem.c
    src/core/holders.c
    src/core/kernel_locks.c
    src/core/lock.c
    src/core/lock_path.c
    src/core/lock_set.c
    src/core/process.c
    src/core/queue.c
    src/core/record.c
    src/core/registry.c
    src/core/text.c"
  SITELOCK_PHP="
    src/php/borg_lock.c
    src/php/directory_lock.c
    src/php/exceptions.c
    src/php/file_lock.c
    src/php/foreign_lock.c
    src/php/holder.c
    src/php/lock_object.c
    src/php/lock_set.c
    src/php/path.c
    src/php/request.c
    src/php/sitelock.c
    src/php/synchronized.c
    src/php/waiting.c"

  dnl The roster of a borg repository is JSON.
  AC_CHECK_HEADER([jansson.h], [],
    [AC_MSG_ERROR([jansson.h not found; on Debian: apt-get install libjansson-dev])])
  PHP_CHECK_LIBRARY([jansson], [json_loadfd],
    [PHP_ADD_LIBRARY([jansson],, [SITELOCK_SHARED_LIBADD])],
    [AC_MSG_ERROR([jansson 2.10 or later not found; on Debian: apt-get install libjansson-dev])])

  dnl pthread_cancel unwinds with libgcc_s, which glibc would otherwise load in the middle of a wait.
  dnl Nothing of it is called by name, so a linker that leaves out what is not needed must be told.
  SITELOCK_SHARED_LIBADD="$SITELOCK_SHARED_LIBADD -Wl,--push-state,--no-as-needed,-lgcc_s,--pop-state"
  PHP_SUBST([SITELOCK_SHARED_LIBADD])

  PHP_NEW_EXTENSION([sitelock], [$SITELOCK_CORE $SITELOCK_PHP], [$ext_shared],, [$SITELOCK_CFLAGS])
  PHP_ADD_BUILD_DIR([$ext_builddir/src/core])
  PHP_ADD_BUILD_DIR([$ext_builddir/src/php])

  dnl The tests use posix; Debian ships it as a module, which make test would not load.
  SITELOCK_TEST_EXTENSIONS=
  if test -x "$PHP_EXECUTABLE" && test "`$PHP_EXECUTABLE -n -r 'echo (int) extension_loaded("posix");'`" = 0; then
    sitelock_posix="`$PHP_EXECUTABLE -n -r 'echo PHP_EXTENSION_DIR;'`/posix.so"
    if test -f "$sitelock_posix"; then
      SITELOCK_TEST_EXTENSIONS="-d extension=$sitelock_posix"
    fi
  fi
  PHP_SUBST([SITELOCK_TEST_EXTENSIONS])
  PHP_ADD_MAKEFILE_FRAGMENT
fi
