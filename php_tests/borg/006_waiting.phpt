--TEST--
While it waits: deadline, $onWait, signal handlers, Ctrl-C, SIGKILL; whatever ends the wait, nothing is held and nothing is left
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$lock = new Sitelock\BorgLock($path, HOST);
$calls = [];
$note = function ($waiting, $waited, ...$more) use (&$calls, $lock) {
    $calls[] = $waiting === $lock && $more === [] ? $waited : NAN;
};
check('not called when it is free', $lock->acquire(1.0, $note) && $calls === []);
$lock->release();

foreach (['acquire', 'acquireShared'] as $have) {
    $holder = borg_holder($path, $have);
    $wants = $have === 'acquire' ? ['acquire', 'acquireShared'] : ['acquire'];
    /* Nothing but what the holder has. Who waits for readers has lock.exclusive for moments, but not in its callbacks. */
    $only_his = function () use ($path, $have, $holder): bool {
        return $have === 'acquire' ? lock_files($path) === ['lock.exclusive', 'lock.roster'] && exclusive_records($path) === [record_name($holder->pid())]
            : lock_files($path) === ['lock.roster'] && roster($path) === '{"shared": [' . roster_entry($holder->pid()) . ']}';
    };
    foreach ($wants as $want) {
        echo "$have, then $want:\n";
        foreach ([0.0, 0.3] as $timeout) {
            $took = seconds(function () use ($lock, $want, $timeout) { check("in vain, $timeout", $lock->$want($timeout) === false); });
            check('no longer and no shorter', $took >= $timeout && $took < $timeout + 2.0 && $only_his());
        }
        $calls = [];
        check('not called by a plain try', $lock->$want(0.0, $note) === false && $calls === []);
        if ($have === 'acquire' && $want === 'acquire') {
            check('in vain', $lock->$want(1.8, $note) === false);
            check('called at once, and a second later', count($calls) === 2 && $calls[0] >= 0.0 && $calls[0] < 0.8 && $calls[1] - $calls[0] > 0.9);
        }
        check('false gives up', $lock->$want(INF, function () { return false; }) === false && $only_his());
        thrown(function () use ($lock, $want) { $lock->$want(INF, function () { throw new DomainException('mine'); }); });
        thrown(function () use ($lock, $want) { $lock->$want(INF, function ($lock) { $lock->acquire(); }); });
        check('nothing is left of it', $only_his() && !$lock->isAcquired());
        $seen = [];
        check('anything but false goes on', $lock->$want(0.6, function ($waiting) use (&$seen, $only_his) {
            $seen = [$waiting->getHolders()[0]->getPid(), $only_his(), $waiting->isAcquired(), $waiting->release(), $waiting->breakStale()];
        }) === false);
        check('in it: who has it, not held, release() and breakStale() do nothing', $seen === [$holder->pid(), true, false, null, false] && $only_his());

        // Nobody wakes it: it asks from time to time.
        $got = $lock->$want(INF, function () use ($holder) { $holder->tell('release'); });
        check('and in the end it has it', $got && $holder->hear() === 'released' && $lock->isAcquired());
        $lock->release();
        $holder->tell('again');
        $holder->hear();

        $wait = 'pcntl_async_signals(true); pcntl_signal(SIGINT, function () use (&$lock) { HANDLER });
            register_shutdown_function(function () use (&$lock) { say("at the end: " . var_export($lock->isAcquired(), true)); });
            $lock = new Sitelock\BorgLock($path, "web1@8796750862");
            try { say($lock->' . $want . '(INF, function () { static $calls = 0; $calls++ || say("waits"); }) ? "held" : "NOT"); hear(); } catch (DomainException $e) { say($e->getMessage()); }';
        foreach ([
            'a handler that returns' => 'say("handler");',
            'that throws' => 'throw new DomainException("thrown");',
            'that exits' => 'exit(3);',
            'that forks' => 'if (!$pid = pcntl_fork()) { posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); say("forked");',
            'that gives back everything' => '$lock->release(); say("handler");',
        ] as $name => $handler) {
            $waiter = new Child(str_replace('HANDLER', $handler, $wait), $path);
            $waiter->hear();
            posix_kill($waiter->pid(), SIGINT);
            $line = $waiter->hear();
            echo "$name: $line";
            if ($line === 'handler' || $line === 'forked') {
                echo $waiter->speaks_within(0.0) ? ', STOPS, ' : ', waits on, ';
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
            check('nothing is left of it', $only_his());
        }
        foreach (['SIGINT' => SIGINT, 'SIGKILL' => SIGKILL] as $name => $signal) {
            $waiter = new Child('$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $lock->' . $want . '(INF, function () { static $calls = 0; $calls++ || say("waits"); }); say("NOT REACHED");', $path);
            $waiter->hear();
            posix_kill($waiter->pid(), $signal);
            check("$name without a handler kills", $waiter->hear() === null && $waiter->wait() !== 0);
            $lock->breakStale();
            check('what it had prepared is collected', $only_his());
        }
        try {
            $lock->synchronized(function () { echo "never\n"; }, INF, function () { return false; });
        } catch (Sitelock\BusyException $e) {
            check('synchronized: busy', $e->getHolders()[0]->getPid() === $holder->pid());
        }
    }
    $holder->wait();
    check('nothing is left', lock_files($path) === []);
}

// A killed owner is noticed while one waits.
foreach (['acquire', 'acquireShared'] as $have) {
    $holder = borg_holder($path, $have);
    check("$have: killed while one waits for him", $lock->acquire(INF, function () use ($holder) { posix_kill($holder->pid(), SIGKILL); $holder->wait(); }) && $lock->isAcquired());
    $lock->release();
    check('nothing is left', lock_files($path) === []);
}
// And so is one that a person takes off.
put_record($path, record_name(4711, 0, OTHER_HOST));
check('of another host, and removed', $lock->acquire(INF, function () use ($path) { remove_tree("$path/lock.exclusive"); }));
$lock->release();
put_readers($path, roster_entry(4711, 0, OTHER_HOST));
check('a reader of another host, and removed', $lock->acquire(INF, function () use ($path) { @unlink("$path/lock.roster"); }));
$lock->release();
check('nothing is left', lock_files($path) === []);
?>
--EXPECT--
ok not called when it is free
acquire, then acquire:
ok in vain, 0
ok no longer and no shorter
ok in vain, 0.3
ok no longer and no shorter
ok not called by a plain try
ok in vain
ok called at once, and a second later
ok false gives up
DomainException: mine
LogicException: this object waits for repository already
ok nothing is left of it
ok anything but false goes on
ok in it: who has it, not held, release() and breakStale() do nothing
ok and in the end it has it
a handler that returns: handler, waits on, held, at the end: true
ok nothing is left of it
that throws: thrown, at the end: false, status 0
ok nothing is left of it
that exits: at the end: false, gone, status 3
ok nothing is left of it
that forks: forked, waits on, held, at the end: true
ok nothing is left of it
that gives back everything: handler, waits on, held, at the end: true
ok nothing is left of it
ok SIGINT without a handler kills
ok what it had prepared is collected
ok SIGKILL without a handler kills
ok what it had prepared is collected
ok synchronized: busy
acquire, then acquireShared:
ok in vain, 0
ok no longer and no shorter
ok in vain, 0.3
ok no longer and no shorter
ok not called by a plain try
ok false gives up
DomainException: mine
LogicException: this object waits for repository already
ok nothing is left of it
ok anything but false goes on
ok in it: who has it, not held, release() and breakStale() do nothing
ok and in the end it has it
a handler that returns: handler, waits on, held, at the end: true
ok nothing is left of it
that throws: thrown, at the end: false, status 0
ok nothing is left of it
that exits: at the end: false, gone, status 3
ok nothing is left of it
that forks: forked, waits on, held, at the end: true
ok nothing is left of it
that gives back everything: handler, waits on, held, at the end: true
ok nothing is left of it
ok SIGINT without a handler kills
ok what it had prepared is collected
ok SIGKILL without a handler kills
ok what it had prepared is collected
ok synchronized: busy
ok nothing is left
acquireShared, then acquire:
ok in vain, 0
ok no longer and no shorter
ok in vain, 0.3
ok no longer and no shorter
ok not called by a plain try
ok false gives up
DomainException: mine
LogicException: this object waits for repository already
ok nothing is left of it
ok anything but false goes on
ok in it: who has it, not held, release() and breakStale() do nothing
ok and in the end it has it
a handler that returns: handler, waits on, held, at the end: true
ok nothing is left of it
that throws: thrown, at the end: false, status 0
ok nothing is left of it
that exits: at the end: false, gone, status 3
ok nothing is left of it
that forks: forked, waits on, held, at the end: true
ok nothing is left of it
that gives back everything: handler, waits on, held, at the end: true
ok nothing is left of it
ok SIGINT without a handler kills
ok what it had prepared is collected
ok SIGKILL without a handler kills
ok what it had prepared is collected
ok synchronized: busy
ok nothing is left
ok acquire: killed while one waits for him
ok nothing is left
ok acquireShared: killed while one waits for him
ok nothing is left
ok of another host, and removed
ok a reader of another host, and removed
ok nothing is left
