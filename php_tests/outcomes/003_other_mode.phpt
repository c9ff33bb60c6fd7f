--TEST--
The other mode is a LogicException and the lock stays as it is
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$lock->acquire();
thrown(function () use ($lock) { $lock->acquireShared(); });
check('still exclusive', is_locked($path));
$lock->release();
$lock->acquireShared();
thrown(function () use ($lock) { $lock->acquire(); });
$other = new Sitelock\FileLock($path);
check('still shared', $lock->isAcquired() && $other->acquireShared());
?>
--EXPECT--
LogicException: lock is held exclusively by this object: release it before you acquire it shared
ok still exclusive
LogicException: lock is held shared by this object: release it before you acquire it exclusively
ok still shared
