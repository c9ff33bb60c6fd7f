--TEST--
What this request has itself is not waited for, and processes that wait for each other are told
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
$other = new Sitelock\DirectoryLock($path);
$never = function () { echo "never\n"; };
foreach (['acquire' => ['acquire', 'acquireShared'], 'acquireShared' => ['acquire']] as $have => $wants) {
    $lock->$have();
    foreach ($wants as $want) {
        echo "$have, then $want:\n";
        check('a plain try is false, and it says who', $other->$want() === false && count($other->getHolders()) === 1 && $other->getHolders()[0]->isSelf());
        foreach ([0.000001, INF] as $timeout) {
            $took = seconds(function () use ($other, $want, $timeout, $never) {
                thrown(function () use ($other, $want, $timeout, $never) { $other->$want($timeout, $never); });
            });
            check('at once, nobody waits', $took < 1.9 && waiters(record($path)) === 0);
        }
    }
    thrown(function () use ($other, $never) { $other->synchronized($never); });
    thrown(function () use ($other, $never) { $other->synchronized($never, 0.0); });
    thrown(function () use ($other) { (new Sitelock\LockSet([$other]))->acquire(INF); });
    check('still held, nothing else is', $lock->isAcquired() && Sitelock\held() === [$lock] && entries(dirname($path)) === [basename($path)]);
    $lock->release();
}
check('shared beside shared', $lock->acquireShared() && $other->acquireShared(INF));
$other->release();
$lock->release();

// Beside other readers, whichever of us comes first in the directory.
foreach (['we came first', 'we came last'] as $order) {
    $order === 'we came first' && $lock->acquireShared();
    $reader = directory_holder($path, 'acquireShared');
    $order === 'we came last' && $lock->acquireShared();
    echo "$order: ";
    thrown(function () use ($other) { $other->acquire(0.2); });
    check('nobody waits', array_sum(array_map('waiters', records($path))) === 0);
    echo "$order: ";
    thrown(function () use ($other, $never) { $other->synchronized($never, 0.0); });
    $lock->release();
    $reader->wait();
}

// A callback of the wait takes what is waited for.
$holder = directory_holder($path, 'acquire');
$took = seconds(function () use ($lock, $other, $holder) {
    thrown(function () use ($lock, $other, $holder) {
        $lock->acquire(INF, function () use ($other, $holder) {
            $holder->wait();
            check('it was free', $other->acquire());
        });
    });
});
check('told at the next wake-up, not by the kernel\'s list', $took < 1.9);
$other->release();

// Two processes.
$code = '$own = new Sitelock\OWN; $next = new Sitelock\NEXT;
    $own->OWN_MODE(); say("holds its own"); hear();
    try { say($next->acquire(INF) ? "got the next" : "NOT"); }
    catch (Sitelock\DeadlockException $e) { say($e->getMessage()); }
    $next->release(); $own->release(); hear();';
$a = 'DirectoryLock("$path.a")';
$b = 'DirectoryLock("$path.b")';
$file = 'FileLock("$path.b")';
// All at the same time, for each takes two seconds.
$pairs = [];
foreach ([
    'two DirectoryLocks' => [$a, $b, 'acquire'],
    'a DirectoryLock and a FileLock' => [$a, $file, 'acquire'],
    'one has it shared' => [$a, $b, 'acquireShared'],
] as $name => [$first, $second, $mode]) {
    $path = test_path_alone();
    $children = [
        new Child(str_replace(['OWN_MODE', 'OWN', 'NEXT'], [$mode, $first, $second], $code), $path),
        new Child(str_replace(['OWN_MODE', 'OWN', 'NEXT'], ['acquire', $second, $first], $code), $path),
    ];
    foreach ($children as $child) {
        $child->hear();
    }
    foreach ($children as $child) {
        $child->tell('wait');
    }
    $pairs[$name] = [$path, $children, $second === $file];
}
foreach ($pairs as $name => [$path, $children, $with_file]) {
    $lines = [$children[0]->hear(), $children[1]->hear()];
    $told = strpos($lines[0], 'deadlock') === 0 ? 0 : 1;
    check("$name: one is told, the other gets it", strpos($lines[$told], 'deadlock: this process waits for ') === 0 && $lines[1 - $told] === 'got the next');
    $wanted = ["$path.b", "$path.a"];
    check('of both locks and the other process', strpos($lines[$told], "waits for {$wanted[$told]}, held") !== false
        && strpos($lines[$told], "which waits for {$wanted[1 - $told]}, held") !== false && strpos($lines[$told], 'held by pid ' . $children[1 - $told]->pid() . ' (') !== false);
    foreach ($children as $child) {
        $child->wait();
    }
    check('nothing is left', entries(dirname($path)) === ($with_file ? [basename("$path.b")] : []));
}
?>
--EXPECT--
acquire, then acquire:
ok a plain try is false, and it says who
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
acquire, then acquireShared:
ok a plain try is false, and it says who
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok still held, nothing else is
acquireShared, then acquire:
ok a plain try is false, and it says who
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok at once, nobody waits
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok still held, nothing else is
ok shared beside shared
we came first: Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok nobody waits
we came first: Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
we came last: Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok nobody waits
we came last: Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok it was free
Sitelock\DeadlockException: lock is held by this very request through another object: it would never become free
ok told at the next wake-up, not by the kernel's list
ok two DirectoryLocks: one is told, the other gets it
ok of both locks and the other process
ok nothing is left
ok a DirectoryLock and a FileLock: one is told, the other gets it
ok of both locks and the other process
ok nothing is left
ok one has it shared: one is told, the other gets it
ok of both locks and the other process
ok nothing is left
