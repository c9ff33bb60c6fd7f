--TEST--
synchronized() acquires, calls, and gives back what it acquired
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
check('returns what the callable returns', $lock->synchronized(function () use ($path) {
    check('held inside', is_locked($path));
    return 42;
}) === 42);
check('given back', !is_locked($path));

try {
    $lock->synchronized(function () { throw new DomainException('mine'); });
} catch (DomainException $e) {
    check('its exception comes out', $e->getMessage() === 'mine' && $e->getPrevious() === null);
}
check('given back after an exception', !is_locked($path));
$lock->acquire();
echo $lock->getAbandonedBy()[0]->getEnd(), "\n";
$lock->markConsistent();

$lock->synchronized(function () {});
check('a lock held before stays held', is_locked($path));
$lock->release();

$lock->synchronized(function () use ($lock, $path) {
    $lock->synchronized(function () {});
    check('an inner one does not give back', is_locked($path));
    $lock->release();
    check('the callable may release', !is_locked($path));
    $lock->acquire();
});
check('what it acquired itself is its own', is_locked($path));
$lock->release();

$lock->acquireShared();
thrown(function () use ($lock) { $lock->synchronized(function () { echo "never\n"; }); });
check('still held shared', $lock->isAcquired());
$lock->release();

thrown(function () use ($lock) { $lock->synchronized(function () use ($lock) { unlink($lock->getPath()); }); });
try {
    $lock->synchronized(function () use ($lock) { unlink($lock->getPath()); throw new DomainException('mine'); });
} catch (DomainException $e) {
    check('its own exception first, ours behind it', $e->getPrevious() instanceof Sitelock\LostLockException);
}
?>
--EXPECT--
ok held inside
ok returns what the callable returns
ok given back
ok its exception comes out
ok given back after an exception
exception DomainException
ok a lock held before stays held
ok an inner one does not give back
ok the callable may release
ok what it acquired itself is its own
LogicException: lock is held shared by this object: release it before you acquire it exclusively
ok still held shared
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok its own exception first, ours behind it
