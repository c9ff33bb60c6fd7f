--TEST--
remove() deletes the file safely: who waits for it ends up on the new one
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$lock->acquire();
check('removed and released', $lock->remove() && !file_exists($path) && !$lock->isAcquired());
check('and can be had again', $lock->acquire() && is_file($path));

rename($path, "$path.old");
touch($path);
thrown(function () use ($lock) { $lock->remove(); });
check('a file that is not ours stays', is_file($path));
$lock->release();
?>
--EXPECT--
ok removed and released
ok and can be had again
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok a file that is not ours stays
