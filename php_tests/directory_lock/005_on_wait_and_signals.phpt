--TEST--
While it waits: $onWait, signal handlers, Ctrl-C; whatever ends the wait, nothing is held and nothing is left
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
$calls = [];
$note = function ($waiting, $waited, ...$more) use (&$calls, $lock) {
    $calls[] = $waiting === $lock && $more === [] ? $waited : NAN;
};
check('not called when it is free', $lock->acquire(1.0, $note) && $calls === []);
$lock->release();
$holder = directory_holder($path);
check('nor by a plain try', $lock->acquire(0.0, $note) === false && $calls === []);
check('in vain', $lock->acquire(1.8, $note) === false);
check('called at once, and a second later', count($calls) === 2 && $calls[0] >= 0.0 && $calls[0] < 0.8 && $calls[1] - $calls[0] > 0.9);

$only_the_lock = function () use ($path): bool { return entries(dirname($path)) === [basename($path)]; };
$seen = [];
foreach (['acquire', 'acquireShared'] as $method) {
    check("$method: false gives up", $lock->$method(INF, function () { return false; }) === false && $only_the_lock());
    thrown(function () use ($lock, $method) { $lock->$method(INF, function () { throw new DomainException('mine'); }); });
    check('nothing is left of it', $only_the_lock() && !$lock->isAcquired() && waiters(record($path)) === 0);
    thrown(function () use ($lock, $method) { $lock->$method(INF, function ($lock) { $lock->acquire(); }); });
    check('anything but false goes on', $lock->$method(0.6, function ($waiting) use (&$seen, $path) {
        $seen = [$waiting->getHolders()[0]->getPid(), wait_for_waiters(record($path), 1), $waiting->isAcquired(), $waiting->release(), $waiting->breakStale()];
    }) === false);
    check('in it: who has it, in the queue, not held, release() and breakStale() do nothing', $seen === [$holder->pid(), true, false, null, false]);
    check('nothing is left of it', $only_the_lock());
}
try {
    $lock->synchronized(function () { echo "never\n"; }, INF, function () { return false; });
} catch (Sitelock\BusyException $e) {
    check('synchronized: busy', $e->getHolders()[0]->getPid() === $holder->pid());
}
check('and in the end it has it', $lock->acquire(INF, function () use ($holder) { $holder->tell('release'); }) && $holder->hear() === 'released');
$lock->release();
$holder->tell('again');
$holder->hear();

// Signals; the machinery is that of all locks (../waiting).
$wait = 'pcntl_async_signals(true); pcntl_signal(SIGINT, function () use (&$lock) { HANDLER });
    register_shutdown_function(function () use (&$lock) { say("at the end: " . var_export($lock->isAcquired(), true)); });
    $lock = new Sitelock\DirectoryLock($path);
    try { say($lock->acquire(INF) ? "held" : "NOT"); hear(); } catch (DomainException $e) { say($e->getMessage()); }';
foreach ([
    'a handler that returns' => 'say("handler");',
    'that throws' => 'throw new DomainException("thrown");',
    'that exits' => 'exit(3);',
    'that forks' => 'if (!$pid = pcntl_fork()) { posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); say("forked");',
] as $name => $handler) {
    $record = record($path);
    $waiter = new Child(str_replace('HANDLER', $handler, $wait), $path);
    wait_for_waiters($record, 1);
    posix_kill($waiter->pid(), SIGINT);
    $line = $waiter->hear();
    echo "$name: $line";
    if ($line === 'handler' || $line === 'forked') {
        echo wait_for_waiters($record, 1) ? ', waits on, ' : '';
        $holder->tell('release');
        $holder->hear();
        echo $waiter->hear(), ', ';
        $waiter->tell('');
        echo $waiter->hear(), "\n";
        $waiter->wait();
        $holder->tell('again');
        $holder->hear();
    } else {
        echo ', ', $waiter->hear() ?? 'gone', ', status ', $waiter->wait(), "\n";
    }
    check('nothing is left of it', $only_the_lock() && waiters(record($path)) === 0);
}

foreach (['SIGINT' => SIGINT, 'SIGKILL' => SIGKILL] as $name => $signal) {
    $waiter = new Child('$lock = new Sitelock\DirectoryLock($path); $lock->acquire(INF); say("NOT REACHED");', $path);
    wait_for_waiters(record($path), 1);
    posix_kill($waiter->pid(), $signal);
    check("$name without a handler kills", $waiter->hear() === null && $waiter->wait() !== 0);
    check('what it had prepared is left', count(entries(dirname($path))) === 2 && waiters(record($path)) === 0);
    check('until the next one finds the lock busy', $lock->acquire() === false && $only_the_lock());
}
$holder->wait();
check('nothing is left', entries(dirname($path)) === []);
?>
--EXPECT--
ok not called when it is free
ok nor by a plain try
ok in vain
ok called at once, and a second later
ok acquire: false gives up
DomainException: mine
ok nothing is left of it
LogicException: this object waits for lock already
ok anything but false goes on
ok in it: who has it, in the queue, not held, release() and breakStale() do nothing
ok nothing is left of it
ok acquireShared: false gives up
DomainException: mine
ok nothing is left of it
LogicException: this object waits for lock already
ok anything but false goes on
ok in it: who has it, in the queue, not held, release() and breakStale() do nothing
ok nothing is left of it
ok synchronized: busy
ok and in the end it has it
a handler that returns: handler, waits on, held, at the end: true
ok nothing is left of it
that throws: thrown, at the end: false, status 0
ok nothing is left of it
that exits: at the end: false, gone, status 3
ok nothing is left of it
that forks: forked, waits on, held, at the end: true
ok nothing is left of it
ok SIGINT without a handler kills
ok what it had prepared is left
ok until the next one finds the lock busy
ok SIGKILL without a handler kills
ok what it had prepared is left
ok until the next one finds the lock busy
ok nothing is left
