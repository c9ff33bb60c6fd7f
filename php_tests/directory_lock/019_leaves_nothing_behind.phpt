--TEST--
No outcome leaves a thread, a descriptor, a waiter or a directory behind
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$holder = directory_holder($path);
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, function () { throw new DomainException('handler'); });
pcntl_signal(SIGUSR2, function () { if (!$pid = pcntl_fork()) { posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); });

function left(string $path): array
{
    is_single_threaded();
    return [count(glob('/proc/self/fd/*')), entries(dirname($path)), array_sum(array_map('waiters', records($path))), count(Sitelock\held())];
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
$again = function (Sitelock\Lock $lock) use ($holder) { $lock->release(); $holder->hear(); $holder->tell('again'); $holder->hear(); };
$handler = function (int $signal) { return function () use ($signal, &$sent) { if (!$sent) { $sent = true; posix_kill(getmypid(), $signal); } }; };

$lock = new Sitelock\DirectoryLock($path);
$other = new Sitelock\DirectoryLock("$path.other");
$file = new Sitelock\FileLock(test_path('file'));
$set = new Sitelock\LockSet([$other, $lock, $file]);
$lock->acquire(0.01);
$file->acquire();
$file->release();
$before = left($path);
check('only the lock is there', $before[1] === [basename($path)]);
foreach ([
    'in vain, at once' => function () use ($lock) { return $lock->acquire(); },
    'in vain, at once, shared' => function () use ($lock) { return $lock->acquireShared(); },
    'in vain' => function () use ($lock) { return $lock->acquire(0.05); },
    'in vain, shared' => function () use ($lock) { return $lock->acquireShared(0.05); },
    'given up' => function () use ($lock) { return $lock->acquire(INF, function () { return false; }); },
    'an exception in onWait' => function () use ($lock) { return $lock->acquire(INF, function () { throw new DomainException; }); },
    'an exception in a handler' => function () use ($lock, $handler) { return $lock->acquire(INF, $handler(SIGUSR1)); },
    'the same, shared' => function () use ($lock, $handler) { return $lock->acquireShared(INF, $handler(SIGUSR1)); },
    'a fork in a handler' => function () use ($lock, $handler) { return $lock->acquire(0.05, $handler(SIGUSR2)); },
    'busy' => function () use ($lock) { $lock->synchronized(function () {}, 0.05); },
    'in a nested wait' => function () use ($lock, $path) { return $lock->acquire(0.2, function () use ($path) { (new Sitelock\DirectoryLock($path))->acquire(0.05); }); },
    'the last reference dropped' => function () use ($path) { $l = new Sitelock\DirectoryLock($path); return $l->acquire(0.05, function () use (&$l) { $l = null; }); },
    'getHolders()' => function () use ($lock) { return count($lock->getHolders()); },
    'isAcquired()' => function () use ($lock) { return $lock->isAcquired(); },
    'breakStale()' => function () use ($lock) { return $lock->breakStale(); },
    'forceBreak()' => function () use ($lock, $other) { $other->acquire(); $seen = $other->getHolders(); $other->release(); $lock->forceBreak(...$seen); },
    'a set, at once' => function () use ($set) { return $set->acquire(); },
    'a set, in vain' => function () use ($set) { return $set->acquire(0.2); },
    'a set, given up' => function () use ($set) { return $set->acquire(INF, function () { return false; }); },
    'a set, an exception' => function () use ($set) { return $set->acquire(INF, function () { throw new DomainException; }); },
    'acquired' => function () use ($lock, $release, $again) { $got = $lock->acquire(INF, $release); $again($lock); return $got; },
    'acquired shared' => function () use ($lock, $release, $again) { $got = $lock->acquireShared(INF, $release); $again($lock); return $got; },
    'a set, acquired' => function () use ($lock, $set, $release, $again) { $got = $set->acquire(INF, $release); $set->release(); $again($lock); return $got; },
    'lost' => function () use ($other, $path) { $other->acquire(); unlink(record("$path.other")); $other->release(); },
    'a deadlock with itself' => function () use ($other, $path) { $other->acquire(); try { return (new Sitelock\DirectoryLock("$path.other"))->acquire(INF); } finally { $other->release(); } },
    'a link' => function () use ($path) { symlink('/dev/null', "$path.link"); try { (new Sitelock\DirectoryLock("$path.link"))->acquire(); } finally { unlink("$path.link"); } },
    'no such directory' => function () use ($path) { (new Sitelock\DirectoryLock("$path.missing/lock"))->acquireShared(1.0); },
] as $name => $outcome) {
    $result = caught($outcome);
    $after = left($path);
    check("$name: $result", $after === $before);
    if ($after !== $before) {
        var_dump($before, $after);
    }
}
$lock->acquire(0.6, function () use ($before, $path) {
    check('control: while it waits there are more', count(glob('/proc/self/task/*')) === 2 && count(glob('/proc/self/fd/*')) > $before[0] && count(entries(dirname($path))) === 2);
});
$holder->wait();
check('in the end nothing at all', entries(dirname($path)) === []);
?>
--EXPECT--
ok only the lock is there
ok in vain, at once: false
ok in vain, at once, shared: false
ok in vain: false
ok in vain, shared: false
ok given up: false
ok an exception in onWait: DomainException
ok an exception in a handler: DomainException
ok the same, shared: DomainException
ok a fork in a handler: false
ok busy: Sitelock\BusyException
ok in a nested wait: false
ok the last reference dropped: false
ok getHolders(): 1
ok isAcquired(): false
ok breakStale(): false
ok forceBreak(): NULL
ok a set, at once: false
ok a set, in vain: false
ok a set, given up: false
ok a set, an exception: DomainException
ok acquired: true
ok acquired shared: true
ok a set, acquired: true
ok lost: Sitelock\LostLockException
ok a deadlock with itself: Sitelock\DeadlockException
ok a link: Sitelock\UnsafePathException
ok no such directory: Sitelock\SystemException
ok control: while it waits there are more
ok in the end nothing at all
