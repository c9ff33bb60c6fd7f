--TEST--
LockSet::synchronized() acquires all, calls, and gives back what it acquired; BusyException names the busy one
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$locks = array_map(function ($name) { return new Sitelock\FileLock(test_path($name)); }, ['a', 'b', 'c']);
$set = new Sitelock\LockSet($locks);
$locked = function () { return count(array_filter(array_map('test_path', ['a', 'b', 'c']), 'is_locked')); };
check('returns what the callable returns', $set->synchronized(function (...$arguments) use ($locked) { check('all are held inside', $locked() === 3 && $arguments === []); return 42; }) === 42);
check('given back', $locked() === 0);
$value = [1];
check('by reference', $set->synchronized(function &() use (&$value) { return $value; }) === [1]);

try {
    $set->synchronized(function () { throw new DomainException('mine'); });
} catch (DomainException $e) {
    check('its exception comes out', $e->getMessage() === 'mine' && $e->getPrevious() === null && $locked() === 0);
}
$set->acquire();
foreach ($locks as $lock) {
    echo $lock->getAbandonedBy()[0]->getEnd(), "\n";
    $lock->markConsistent();
}
$set->synchronized(function () {});
check('held before stays held', $locked() === 3);
$set->release();

$set->synchronized(function () use ($set, $locked) {
    $set->synchronized(function () {});
    check('an inner one does not give back', $locked() === 3);
    $set->release();
    check('the callable may release', $locked() === 0);
});
check('then nothing is held', $locked() === 0);

$locks[1]->acquire();
$set->synchronized(function () use ($locks, $locked) { check('one was held before', $locked() === 3); $locks[0]->release(); });
check('it alone stays', $locked() === 1 && $locks[1]->isAcquired());
$locks[1]->release();

$holder = holder(test_path('b'));
try {
    $set->synchronized(function () { echo "never\n"; }, 0.0);
} catch (Sitelock\BusyException $e) {
    check('busy', strpos($e->getMessage(), test_path('b') . ' is locked by pid ' . $holder->pid()) === 0 && $e->getHolders()[0]->getPid() === $holder->pid());
}
$took = seconds(function () use ($set, $holder) {
    try {
        $set->synchronized(function () { echo "never\n"; }, 0.2);
    } catch (Sitelock\BusyException $e) {
        check('busy', $e->getHolders()[0]->getPid() === $holder->pid());
    }
});
check('in time', $took >= 0.2 && $took < 1);
check('waits for ever if it is not told otherwise', $set->synchronized(function () use ($locked) { return $locked(); }, INF, function () use ($holder) { $holder->tell('release'); }) === 3);
$holder->wait();

try {
    $set->synchronized(function () { unlink(test_path('a')); });
} catch (Sitelock\LostLockException $e) {
    check('one was lost', strpos($e->getMessage(), test_path('a')) === 0 && !is_locked(test_path('b')) && !is_locked(test_path('c')) && Sitelock\held() === []);
}
try {
    $set->synchronized(function () { unlink(test_path('b')); throw new DomainException('mine'); });
} catch (DomainException $e) {
    check('its own exception first, ours behind it', $e->getPrevious() instanceof Sitelock\LostLockException && Sitelock\held() === []);
}
?>
--EXPECT--
ok all are held inside
ok returns what the callable returns
ok given back
ok by reference
ok its exception comes out
exception DomainException
exception DomainException
exception DomainException
ok held before stays held
ok an inner one does not give back
ok the callable may release
ok then nothing is held
ok one was held before
ok it alone stays
ok busy
ok busy
ok in time
ok waits for ever if it is not told otherwise
ok one was lost
ok its own exception first, ours behind it
