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
check('and the lock is released', !$lock->isAcquired() && Sitelock\held() === []);
rename("$path.old", $path);
check('in good order', $lock->acquire() && $lock->getAbandonedBy() === []);
$lock->release();

$child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(); say("locked"); hear();', $path);
$child->hear();
$child->kill();
$lock->acquire();
check('a file that tells of a dead owner stays: false, and released', $lock->remove() === false && is_file($path) && !is_locked($path));
$lock->acquire();
check('so the next one is told', count($lock->getAbandonedBy()) === 1);
$lock->markConsistent();
check('until it is repaired', $lock->remove() === true && !file_exists($path));
?>
--EXPECT--
ok removed and released
ok and can be had again
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok a file that is not ours stays
ok and the lock is released
ok in good order
ok a file that tells of a dead owner stays: false, and released
ok so the next one is told
ok until it is repaired
