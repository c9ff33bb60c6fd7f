--TEST--
A device is refused
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
posix_mknod($path, POSIX_S_IFCHR | 0600, 1, 3);
thrown(function () use ($path) { (new Sitelock\FileLock($path))->acquire(); });
thrown(function () use ($path) { (new Sitelock\FileLock($path))->getHolders(); });
thrown(function () { (new Sitelock\FileLock('/dev/tty'))->acquireShared(); });
?>
--EXPECT--
Sitelock\UnsafePathException: lock is not a regular file, so it cannot be a lock
Sitelock\UnsafePathException: lock is not a regular file, so it cannot be a lock
Sitelock\UnsafePathException: tty is not a regular file, so it cannot be a lock
