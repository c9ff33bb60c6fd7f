--TEST--
A lock that this request has through another object is not waited for: DeadlockException, or false from a plain try
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$other = new Sitelock\FileLock($path);
$never = function () { echo "never\n"; };
$set = new Sitelock\LockSet([$other, new Sitelock\FileLock(test_path('before'))]);
foreach (['acquire' => ['acquire', 'acquireShared'], 'acquireShared' => ['acquire']] as $have => $wants) {
    $lock->$have();
    foreach ($wants as $want) {
        echo "$have, then $want:\n";
        check('a plain try is false', $other->$want() === false && $other->$want(0, $never) === false);
        check('and says who', $other->getHolders()[0]->isSelf());
        foreach ([0.000001, 5, INF] as $timeout) {
            $took = seconds(function () use ($other, $want, $timeout, $never) {
                thrown(function () use ($other, $want, $timeout, $never) { $other->$want($timeout, $never); });
            });
            check('at once, nobody waits', $took < 2 && waiters($path) === 0);
        }
    }
    thrown(function () use ($other, $never) { $other->synchronized($never); });
    thrown(function () use ($other, $never) { $other->synchronized($never, 0.0); });
    check('a set: a plain try is false', $set->acquire() === false);
    thrown(function () use ($set) { $set->acquire(INF); });
    thrown(function () use ($set, $never) { $set->synchronized($never); });
    check('still held, nothing else is', $lock->isAcquired() && Sitelock\held() === [$lock] && !is_locked(test_path('before')));
    $lock->release();
}
$lock->acquireShared();
check('shared beside shared', $other->acquireShared(INF) && $other->isAcquired());
$lock->release();
$other->release();

// Both objects wait, one in the other's $onWait; the outer one is granted, and cannot return.
$holder = holder($path);
$thrown = null;
$outer = $lock->acquire(INF, function () use ($path, $other, $holder, &$thrown) {
    try {
        $thrown === null && wait_for_waiters($path, 1) && $other->acquire(INF, function () use ($path, $holder) {
            static $calls = 0;
            if ($calls++ === 0 && wait_for_waiters($path, 2)) {
                $holder->tell('release');
            }
        });
    } catch (Sitelock\DeadlockException $e) {
        $thrown = $e;
    }
});
check('one object waits within the other’s wait: told, and the outer one has it', $thrown !== null && $outer && $lock->isAcquired());
$holder->wait();

$lock->release();
$file = fopen($path, 'r');
flock($file, LOCK_EX);
try {
    $lock->acquire(20.0);
} catch (Sitelock\DeadlockException $e) {
    check('a plain flock() of ours, too', strpos($e->getMessage(), "deadlock: this process waits for $path, held by this process itself") === 0);
}
?>
--EXPECT--
acquire, then acquire:
ok a plain try is false
ok and says who
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
acquire, then acquireShared:
ok a plain try is false
ok and says who
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok a set: a plain try is false
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok still held, nothing else is
acquireShared, then acquire:
ok a plain try is false
ok and says who
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok a set: a plain try is false
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok still held, nothing else is
ok shared beside shared
ok one object waits within the other’s wait: told, and the outer one has it
ok a plain flock() of ours, too
