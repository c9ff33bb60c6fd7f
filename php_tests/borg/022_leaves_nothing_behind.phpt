--TEST--
No outcome leaves a thread, a descriptor or a file behind
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before_all = rest($path);
$holder = borg_holder($path);
pcntl_async_signals(true);
pcntl_signal(SIGUSR1, function () { throw new DomainException('handler'); });
pcntl_signal(SIGUSR2, function () { if (!$pid = pcntl_fork()) { posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); });

function left(string $path): array
{
    is_single_threaded();
    return [count(glob('/proc/self/fd/*')), lock_files($path), entries(dirname($path)), count(Sitelock\held())];
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

$second = repository('second');
$lock = new Sitelock\BorgLock($path, HOST);
$other = new Sitelock\BorgLock($second, HOST);
$file = new Sitelock\FileLock(test_path('file'));
$set = new Sitelock\LockSet([$other, $lock, $file]);
$lock->acquire(0.01);
$file->acquire();
$file->release();
$before = left($path);
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
    'in a nested wait' => function () use ($lock, $path) { return $lock->acquire(0.2, function () use ($path) { (new Sitelock\BorgLock($path, HOST))->acquire(0.05); }); },
    'the last reference dropped' => function () use ($path) { $l = new Sitelock\BorgLock($path, HOST); return $l->acquire(0.05, function () use (&$l) { $l = null; }); },
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
    'lost' => function () use ($other, $second) { $other->acquire(); remove_tree("$second/lock.exclusive"); $other->release(); },
    'lost, shared' => function () use ($other, $second) { $other->acquireShared(); unlink("$second/lock.roster"); $other->release(); },
    'a deadlock with itself' => function () use ($other, $second) { $other->acquire(); try { return (new Sitelock\BorgLock($second, HOST))->acquire(INF); } finally { $other->release(); } },
    'readers of one process' => function () use ($other, $second) { $more = new Sitelock\BorgLock($second, HOST); $got = $other->acquireShared() && $more->acquireShared(); $other->release(); $more->release(); return $got; },
    'a damaged roster' => function () use ($other, $second) { file_put_contents("$second/lock.roster", ''); try { $other->acquire(); } finally { unlink("$second/lock.roster"); } },
    'a damaged roster, shared' => function () use ($other, $second) { file_put_contents("$second/lock.roster", ''); try { $other->acquireShared(1.0); } finally { unlink("$second/lock.roster"); } },
    'a damaged roster, looking' => function () use ($other, $second) { file_put_contents("$second/lock.roster", ''); try { $other->getHolders(); } finally { unlink("$second/lock.roster"); } },
    'damaged while it is held' => function () use ($other, $second) { $other->acquireShared(); file_put_contents("$second/lock.roster", ''); try { $other->release(); } finally { unlink("$second/lock.roster"); } },
    'a file as lock.exclusive' => function () use ($other, $second) { touch("$second/lock.exclusive"); try { $other->acquire(); } finally { unlink("$second/lock.exclusive"); } },
    'no repository' => function () use ($path) { (new Sitelock\BorgLock(dirname($path), HOST))->acquireShared(1.0); },
    'no such directory' => function () use ($path) { (new Sitelock\BorgLock("$path.missing", HOST))->acquireShared(1.0); },
    'after dead ones' => function () use ($other, $second) { put_record($second, record_name(dead_pid())); put_readers($second, roster_entry(dead_pid())); $got = $other->acquire(); $other->release(); return $got; },
] as $name => $outcome) {
    $result = caught($outcome);
    $after = left($path);
    $beside = array_diff(lock_files($second), strncmp($name, 'lost', 4) === 0 ? ['lock.roster'] : []);
    check("$name: $result", $after === $before && $beside === []);
    if ($after !== $before || $beside !== []) {
        var_dump($before, $after, $beside);
    }
}
check('control: while it is held there are more', $other->acquire() && count(glob('/proc/self/fd/*')) > $before[0] && count(lock_files($second)) === 2);
$other->release();
$holder->wait();
check('in the end nothing at all', lock_files($path) === [] && lock_files($second) === [] && rest($path) === $before_all);
?>
--EXPECT--
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
ok lost, shared: Sitelock\LostLockException
ok a deadlock with itself: Sitelock\DeadlockException
ok readers of one process: true
ok a damaged roster: Sitelock\SystemException
ok a damaged roster, shared: Sitelock\SystemException
ok a damaged roster, looking: Sitelock\SystemException
ok damaged while it is held: Sitelock\SystemException
ok a file as lock.exclusive: Sitelock\UnsafePathException
ok no repository: Sitelock\UnsafePathException
ok no such directory: Sitelock\SystemException
ok after dead ones: true
ok control: while it is held there are more
ok in the end nothing at all
