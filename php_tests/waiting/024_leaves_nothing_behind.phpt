--TEST--
No outcome of a wait leaves a thread, a descriptor or a waiter behind
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$holder = holder($path);
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, function () { throw new DomainException('handler'); });
pcntl_signal(SIGUSR2, function () use ($path) { wait_for_waiters($path, 1); if (!$pid = pcntl_fork()) { posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); });

function left(): array
{
    clearstatcache();
    return [count(glob('/proc/self/task/*')), count(glob('/proc/self/fd/*'))];
}

function caught(callable $call): string
{
    try {
        return var_export($call(), true);
    } catch (Exception $e) {
        return get_class($e);
    }
}

/** Once more, so that it can be had in vain again. */
$release = function () use ($holder) { $holder->tell('release'); };
$again = function (Sitelock\FileLock $lock) use ($holder) { $lock->release(); $holder->hear(); $holder->tell('again'); $holder->hear(); };

$lock = new Sitelock\FileLock($path);
$other = new Sitelock\FileLock("$path.other");
$set = new Sitelock\LockSet([$other, $lock]);
$lock->acquire(0.01);
$before = left();
check('one thread', $before[0] === 1);
foreach ([
    'in vain, at once' => function () use ($lock) { return $lock->acquire(); },
    'in vain' => function () use ($lock) { return $lock->acquire(0.05); },
    'in vain, shared' => function () use ($lock) { return $lock->acquireShared(0.05); },
    'given up' => function () use ($lock) { return $lock->acquire(INF, function () { return false; }); },
    'an exception in onWait' => function () use ($lock) { return $lock->acquire(INF, function () { throw new DomainException; }); },
    'an exception in a handler' => function () use ($lock) { return $lock->acquire(INF, function () { posix_kill(getmypid(), SIGUSR1); }); },
    'a fork in a handler' => function () use ($lock) { return $lock->acquire(0.05, function ($lock, $waited) { if ($waited < 0.01) { posix_kill(getmypid(), SIGUSR2); } }); },
    'busy' => function () use ($lock) { $lock->synchronized(function () {}, 0.05); },
    'in a nested wait' => function () use ($lock, $path) { return $lock->acquire(0.2, function () use ($path) { (new Sitelock\FileLock($path))->acquire(0.05); }); },
    'the last reference dropped' => function () use ($path) { $l = new Sitelock\FileLock($path); return $l->acquire(0.05, function () use (&$l) { $l = null; }); },
    'removed meanwhile, then in vain' => function () use ($lock, $path) { return $lock->acquire(0.05, function () use ($path) { rename($path, "$path.old"); rename("$path.old", $path); }); },
    'a set, at once' => function () use ($set) { return $set->acquire(); },
    'a set, in vain' => function () use ($set) { return $set->acquire(0.2); },
    'a set, given up' => function () use ($set) { return $set->acquire(INF, function () { return false; }); },
    'a set, an exception' => function () use ($set) { return $set->acquire(INF, function () { throw new DomainException; }); },
    'acquired' => function () use ($lock, $release, $again) { $got = $lock->acquire(INF, $release); $again($lock); return $got; },
    'acquired shared' => function () use ($lock, $release, $again) { $got = $lock->acquireShared(INF, $release); $again($lock); return $got; },
    'a set, acquired' => function () use ($lock, $set, $release, $again) { $got = $set->acquire(INF, $release); $set->release(); $again($lock); return $got; },
    'a set, synchronized' => function () use ($lock, $set, $release, $again) { $got = $set->synchronized(function () { return count(Sitelock\held()); }, INF, $release); $again($lock); return $got; },
    'a deadlock with itself' => function () use ($other, $path) { $other->acquire(); try { return (new Sitelock\FileLock("$path.other"))->acquire(INF); } finally { $other->release(); } },
] as $name => $outcome) {
    $result = caught($outcome);
    is_single_threaded();
    $after = left();
    check("$name: $result", $after === $before && waiters($path) === 0 && Sitelock\held() === []);
    if ($after !== $before) {
        var_dump($before, $after);
    }
}
$lock->acquire(0.1, function () use ($before) {
    check('control: while it waits there are more', left()[0] === $before[0] + 1 && left()[1] > $before[1]);
});
$holder->wait();
?>
--EXPECT--
ok one thread
ok in vain, at once: false
ok in vain: false
ok in vain, shared: false
ok given up: false
ok an exception in onWait: DomainException
ok an exception in a handler: DomainException
ok a fork in a handler: false
ok busy: Sitelock\BusyException
ok in a nested wait: false
ok the last reference dropped: false
ok removed meanwhile, then in vain: false
ok a set, at once: false
ok a set, in vain: false
ok a set, given up: false
ok a set, an exception: DomainException
ok acquired: true
ok acquired shared: true
ok a set, acquired: true
ok a set, synchronized: 2
ok a deadlock with itself: Sitelock\DeadlockException
ok control: while it waits there are more
