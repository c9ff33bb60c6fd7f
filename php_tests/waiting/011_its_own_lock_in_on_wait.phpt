--TEST--
The lock that is waited for, used by its own $onWait: no second wait, no harm, and it can be looked at
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$holder = holder($path);
$lock = new Sitelock\FileLock($path);
$set = new Sitelock\LockSet([$lock, new Sitelock\FileLock("$path.0")]);
foreach (['acquire', 'acquireShared'] as $method) {
    echo "$method:\n";
    $calls = 0;
    $got = $lock->$method(INF, function ($lock) use ($set, $holder, $path, &$calls) {
        if ($calls++ > 0) {
            return;
        }
        wait_for_waiters($path, 1);
        $never = function () { echo "never\n"; };
        thrown(function () use ($lock) { $lock->acquire(); });
        thrown(function () use ($lock, $never) { $lock->acquire(INF, $never); });
        thrown(function () use ($lock) { $lock->acquireShared(1.0); });
        thrown(function () use ($lock, $never) { $lock->synchronized($never); });
        thrown(function () use ($lock) { $lock->remove(); });
        thrown(function () use ($lock) { $lock->markConsistent(); });
        thrown(function () use ($set) { $set->acquire(); });
        thrown(function () use ($set, $never) { $set->synchronized($never); });
        $lock->release();
        $set->release();
        check('release() does nothing', wait_for_waiters($path, 1) && $lock->getWaitersAhead() === 0);
        check('who holds it', $lock->getHolders()[0]->getPid() === $holder->pid());
        check('not held', $lock->isAcquired() === false && !$set->isAcquired() && Sitelock\held() === []);
        check('the rest', $lock->getPath() === $path && $lock->getAbandonedBy() === [] && !file_exists("$path.0"));
        $lock->setInheritable(false);
        $holder->tell('release');
        $holder->hear();
    });
    check('acquired', $got && $lock->isAcquired() && Sitelock\held() === [$lock]);
    $lock->release();
    $holder->tell('again');
    $holder->hear();
}

echo "a set:\n";
$calls = 0;
$got = $set->acquire(INF, function ($waiting) use ($lock, $set, $holder, &$calls) {
    if ($calls++ > 0) {
        return;
    }
    check('it waits for the busy one', $waiting === $lock);
    thrown(function () use ($set) { $set->acquire(); });
    thrown(function () use ($set) { $set->synchronized(function () { echo "never\n"; }); });
    thrown(function () use ($lock) { $lock->acquire(); });
    $lock->release();
    $set->release();
    check('not held', !$set->isAcquired());
    check('who holds them', array_keys($set->getHolders()) === [$lock->getPath()]);
    $holder->tell('release');
});
check('acquired', $got && $set->isAcquired());
$set->release();

// Inheritable from within, as from without.
$holder->hear();
$holder->tell('again');
$holder->hear();
$lock->acquire(INF, function ($lock) use ($holder) { $lock->setInheritable(true); $holder->tell('release'); });
$program = proc_open(['sh', '-c', 'ls -l /proc/self/fd/'], [1 => ['pipe', 'w']], $pipes);
check('setInheritable()', strpos(stream_get_contents($pipes[1]), $path) !== false);
proc_close($program);
$holder->wait();
?>
--EXPECT--
acquire:
LogicException: this object waits for lock already
LogicException: this object waits for lock already
LogicException: this object waits for lock already
LogicException: this object waits for lock already
LogicException: remove() needs lock to be held exclusively by this object
LogicException: markConsistent() needs lock to be held exclusively by this object
LogicException: this object waits for lock already
LogicException: this object waits for lock already
ok release() does nothing
ok who holds it
ok not held
ok the rest
ok acquired
acquireShared:
LogicException: this object waits for lock already
LogicException: this object waits for lock already
LogicException: this object waits for lock already
LogicException: this object waits for lock already
LogicException: remove() needs lock to be held exclusively by this object
LogicException: markConsistent() needs lock to be held exclusively by this object
LogicException: this object waits for lock already
LogicException: this object waits for lock already
ok release() does nothing
ok who holds it
ok not held
ok the rest
ok acquired
a set:
ok it waits for the busy one
LogicException: this LockSet waits already
LogicException: this LockSet waits already
LogicException: this object waits for lock already
ok not held
ok who holds them
ok acquired
ok setInheritable()
