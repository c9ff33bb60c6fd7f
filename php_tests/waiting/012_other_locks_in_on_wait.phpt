--TEST--
$onWait may use other locks, wait for them, and drop the last reference to the one that waits
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$holder = holder($path);
$second = holder("$path.2");

$lock = new Sitelock\FileLock($path);
$got = $lock->acquire(INF, function () use ($path, $holder) {
    static $calls = 0;
    if ($calls++ > 0) {
        return;
    }
    $other = new Sitelock\FileLock("$path.other");
    check('another lock', $other->acquire(INF) && $other->isAcquired() && Sitelock\held() === [$other]);
    $other->release();
    $same = new Sitelock\FileLock($path);
    check('another object for the same one: a try', $same->acquire() === false);
    check('a wait, behind us', $same->acquire(0.1, function ($same) use ($path) { check('both wait', wait_for_waiters($path, 2) && $same->getWaitersAhead() <= 1); }) === false);
    $holder->tell('release');
});
check('acquired', $got);
$lock->release();
$holder->hear();
$holder->tell('again');
$holder->hear();

// The outer one is granted while the inner one still waits.
$inner = new Sitelock\FileLock("$path.2");
$order = '';
$got = $lock->acquire(INF, function () use ($path, $inner, $holder, $second, &$order) {
    if ($order !== '') {
        return;
    }
    $order .= 'outer waits, ';
    $inner->acquire(INF, function () use ($path, $holder, $second, &$order) {
        static $calls = 0;
        if ($calls++ > 0) {
            return;
        }
        check('both wait', wait_for_waiters($path, 1) && wait_for_waiters("$path.2", 1));
        $holder->tell('release');
        $holder->hear();
        wait_until(function () use ($path) { return is_locked($path); });
        check('the outer one got its turn meanwhile', waiters($path) === 0);
        $second->tell('release');
        $second->hear();
        $order .= 'inner waits, ';
    });
    $order .= 'inner held, ';
});
echo $order, $got ? "outer held\n" : "NOT held\n";
check('both are held', $lock->isAcquired() && $inner->isAcquired() );
$lock->release();
$inner->release();
foreach ([$holder, $second] as $child) {
    $child->tell('again');
    $child->hear();
}

// The inner wait is left by an exception: the outer one ends too.
try {
    $lock->acquire(INF, function () use ($inner) { $inner->acquire(INF, function () { throw new DomainException('mine'); }); });
} catch (DomainException $e) {
    check('an exception ends both', waiters($path) + waiters("$path.2") === 0 && !$lock->isAcquired() && !$inner->isAcquired());
    unset($e); // its trace refers to the locks
}

foreach (['and it is acquired' => [INF, true], 'and gives up' => [0.1, false]] as $name => [$timeout, $expected]) {
    $got = $lock->acquire($timeout, function () use (&$lock, $holder, $expected) {
        $lock = null;
        if ($expected) {
            $holder->tell('release');
        }
    });
    check("the last reference is dropped $name", $got === $expected && $lock === null && waiters($path) === 0);
    if ($expected) {
        $holder->hear();
        check('then it is free at once', !is_locked($path) && Sitelock\held() === []);
        $holder->tell('again');
        $holder->hear();
    }
    $lock = new Sitelock\FileLock($path);
}
$holder->wait();
$second->wait();
?>
--EXPECT--
ok another lock
ok another object for the same one: a try
ok both wait
ok a wait, behind us
ok acquired
ok both wait
ok the outer one got its turn meanwhile
outer waits, inner waits, inner held, outer held
ok both are held
ok an exception ends both
ok the last reference is dropped and it is acquired
ok then it is free at once
ok the last reference is dropped and gives up
