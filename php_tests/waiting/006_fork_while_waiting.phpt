--TEST--
A child forked by a signal handler or by $onWait: it ends, or throws, or goes on with a wait of its own
--FILE--
<?php
require __DIR__ . '/../helper.inc';

// LeakSanitizer misses the thread that waits in a child that was forked without it; and as the
// allocator of AddressSanitizer cannot be forked while a thread starts, that is waited for below.
putenv('ASAN_OPTIONS=' . getenv('ASAN_OPTIONS') . ':detect_leaks=0');

$path = test_path();
$lock = new Sitelock\FileLock($path);
$code = '$lock = new Sitelock\FileLock($path); $parent = getmypid(); $forked = false;
    $fork = function () use ($path, &$forked) { if ($forked) { return; } $forked = true; wait_for_waiters($path, 1); if (pcntl_fork() === 0) { CHILD } };
    HOW
    try { $got = $lock->acquire(INF, WAIT); } catch (DomainException $e) { say("threw"); posix_kill(getmypid(), SIGKILL); }
    if (!$got || !mkdir("$path.mark")) { say("TWO AT ONCE"); exit; }
    say((getmypid() === $parent ? "parent" : "child") . " has it");
    usleep(100000);
    rmdir("$path.mark");
    $lock->release();
    if (getmypid() === $parent) { pcntl_wait($status); say("the end"); }';
$handler = 'pcntl_async_signals(true); pcntl_signal(SIGUSR1, $fork); ';
foreach ([
    'exits' => 'say("forked"); exit(0);',
    'returns' => 'say("forked");',
    'throws' => 'say("forked"); throw new DomainException;',
    'is killed' => 'say("forked"); posix_kill(getmypid(), SIGKILL);',
    'executes a program' => 'say("forked"); pcntl_exec("/bin/true");',
] as $what => $child) {
    foreach (['handler' => ['null', $handler], 'onWait' => ['$fork', '']] as $where => [$on_wait, $how]) {
        $lock->acquire();
        $waiter = new Child(str_replace(['CHILD', 'HOW', 'WAIT'], [$child, $how, $on_wait], $code), $path);
        if ($where === 'handler') {
            wait_for_waiters($path, 1);
            posix_kill($waiter->pid(), SIGUSR1);
        }
        $lines = [$waiter->hear()];
        if ($what === 'returns') {
            wait_for_waiters($path, 2);
        } elseif ($what === 'throws') {
            $lines[] = $waiter->hear();
        }
        $lock->release();
        while (($line = $waiter->hear()) !== null) {
            $lines[] = $line;
        }
        sort($lines);
        echo "a child of the $where that $what: ", implode(', ', $lines), "\n";
        $waiter->wait();
        check('free, nobody waits, nothing to hear', waiters($path) === 0 && $lock->acquire() && $lock->getAbandonedBy() === []);
        $lock->release();
    }
}
?>
--EXPECT--
a child of the handler that exits: forked, parent has it, the end
ok free, nobody waits, nothing to hear
a child of the onWait that exits: forked, parent has it, the end
ok free, nobody waits, nothing to hear
a child of the handler that returns: child has it, forked, parent has it, the end
ok free, nobody waits, nothing to hear
a child of the onWait that returns: child has it, forked, parent has it, the end
ok free, nobody waits, nothing to hear
a child of the handler that throws: forked, parent has it, the end, threw
ok free, nobody waits, nothing to hear
a child of the onWait that throws: forked, parent has it, the end, threw
ok free, nobody waits, nothing to hear
a child of the handler that is killed: forked, parent has it, the end
ok free, nobody waits, nothing to hear
a child of the onWait that is killed: forked, parent has it, the end
ok free, nobody waits, nothing to hear
a child of the handler that executes a program: forked, parent has it, the end
ok free, nobody waits, nothing to hear
a child of the onWait that executes a program: forked, parent has it, the end
ok free, nobody waits, nothing to hear
