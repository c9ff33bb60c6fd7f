--TEST--
Held by this request through another object: false and isSelf(), never an endless wait
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$other = new Sitelock\FileLock($path);
$lock->acquire();
check('a plain try is false', $other->acquire() === false);
$holder = $other->getHolders()[0];
check('and the holder is this process', $holder->isSelf() && $holder->getPid() === getmypid());
thrown(function () use ($other) { $other->synchronized(function () {}); });
$lock->release();
$lock->acquireShared();
thrown(function () use ($other) { $other->synchronized(function () {}); });
?>
--EXPECT--
ok a plain try is false
ok and the holder is this process
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
