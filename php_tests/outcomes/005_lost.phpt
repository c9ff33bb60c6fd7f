--TEST--
A lock whose file was removed or replaced: isAcquired() is false, release() throws
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$lock->acquire();
unlink($path);
check('removed', $lock->isAcquired() === false);
thrown(function () use ($lock) { $lock->release(); });
$lock->release();
check('and then it is released', Sitelock\held() === []);

$lock->acquire();
rename($path, "$path.old");
touch($path);
check('replaced', $lock->isAcquired() === false);
thrown(function () use ($lock) { $lock->release(); });
check('the file in its place is untouched', filesize($path) === 0);

$lock->acquireShared();
unlink($path);
thrown(function () use ($lock) { $lock->release(); });
?>
--EXPECT--
ok removed
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok replaced
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok the file in its place is untouched
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
