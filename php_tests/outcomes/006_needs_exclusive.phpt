--TEST--
markConsistent() and remove() without holding exclusively are a LogicException
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
thrown(function () use ($lock) { $lock->markConsistent(); });
thrown(function () use ($lock) { $lock->remove(); });
$lock->acquireShared();
thrown(function () use ($lock) { $lock->markConsistent(); });
thrown(function () use ($lock) { $lock->remove(); });
check('still held', $lock->isAcquired());
$lock->release();
$silent = new Sitelock\FileLock($path, '', 0600, false);
$silent->acquire();
thrown(function () use ($silent) { $silent->markConsistent(); });
?>
--EXPECT--
LogicException: markConsistent() needs lock to be held exclusively by this object
LogicException: remove() needs lock to be held exclusively by this object
LogicException: markConsistent() needs lock to be held exclusively by this object
LogicException: remove() needs lock to be held exclusively by this object
ok still held
LogicException: lock was constructed with record: false, so there is nothing to mark
