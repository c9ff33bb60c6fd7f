--TEST--
synchronized() of a BorgLock
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$lock = new Sitelock\BorgLock($path, HOST);
$nothing = function () use ($path): bool { return lock_files($path) === [] && Sitelock\held() === []; };
check('returns what the callable returns', $lock->synchronized(function () use ($path) {
    check('held inside', exclusive_records($path) === [record_name(getmypid())]);
    return 42;
}) === 42 && $nothing());
try {
    $lock->synchronized(function () { throw new DomainException('mine'); });
} catch (DomainException $e) {
    check('its exception comes out', $e->getMessage() === 'mine' && $e->getPrevious() === null && $nothing());
}
$lock->acquire();
$lock->synchronized(function () {});
check('a lock held before stays held', $lock->isAcquired());
$lock->release();
$lock->synchronized(function () use ($lock, $path) {
    $lock->synchronized(function () {});
    check('an inner one does not give back', $lock->isAcquired());
    $lock->release();
    check('the callable may release', lock_files($path) === []);
    $lock->acquire();
});
check('what it acquired itself is its own', $lock->isAcquired());
$lock->release();
$lock->acquireShared();
thrown(function () use ($lock) { $lock->synchronized(function () { echo "never\n"; }); });
$lock->release();

$children = [borg_holder($path, 'acquireShared'), borg_holder($path, 'acquireShared')];
$pids = [$children[0]->pid(), $children[1]->pid()];
sort($pids);
foreach ([0.0, 0.1] as $timeout) {
    try {
        $lock->synchronized(function () { echo "never\n"; }, $timeout);
    } catch (Sitelock\BusyException $e) {
        $named = array_map(function ($h) { return $h->getPid(); }, $e->getHolders());
        sort($named);
        check("busy, $timeout: both are named", $named === $pids && strpos($e->getMessage(), "$path is locked by pid ") === 0 && strpos($e->getMessage(), ' and by pid ') !== false);
    }
}
foreach ($children as $child) {
    $child->wait();
}
$holder = borg_holder($path);
check('waits for ever if it is told nothing else', $lock->synchronized(function () { return 'mine'; }, INF, function () use ($holder) { $holder->tell('release'); }) === 'mine');
$holder->wait();
put_record($path, record_name(4711, 0, OTHER_HOST));
try {
    $lock->synchronized(function () { echo "never\n"; }, 0.0);
} catch (Sitelock\BusyException $e) {
    check('busy, because it cannot be known', $e->getHolders()[0]->isAlive() === null && strpos($e->getMessage(), 'a process that cannot be seen from here (') !== false);
    $lock->forceBreak(...$e->getHolders());
}

thrown(function () use ($lock, $path) { $lock->synchronized(function () use ($path) { remove_tree("$path/lock.exclusive"); }); });
try {
    $lock->synchronized(function () use ($path) { remove_tree("$path/lock.exclusive"); throw new DomainException('mine'); });
} catch (DomainException $e) {
    check('its own exception first, ours behind it', $e->getPrevious() instanceof Sitelock\LostLockException);
}
$lock->synchronized(function () {});
check('nothing is left', $nothing());
?>
--EXPECT--
ok held inside
ok returns what the callable returns
ok its exception comes out
ok a lock held before stays held
ok an inner one does not give back
ok the callable may release
ok what it acquired itself is its own
LogicException: repository is held shared by this object: release it before you acquire it exclusively
ok busy, 0: both are named
ok busy, 0.1: both are named
ok waits for ever if it is told nothing else
ok busy, because it cannot be known
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok its own exception first, ours behind it
ok nothing is left
