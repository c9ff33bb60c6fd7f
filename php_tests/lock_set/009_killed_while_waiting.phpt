--TEST--
A set that is killed, or leaves, while it holds some and waits for others has owned nothing
--FILE--
<?php
require __DIR__ . '/../helper.inc';

// LeakSanitizer misses the thread that waits in a child that was forked without it.
putenv('ASAN_OPTIONS=' . getenv('ASAN_OPTIONS') . ':detect_leaks=0');

$wait = 'pcntl_async_signals(true); pcntl_signal(SIGUSR1, function () { HANDLER });
    $set = new Sitelock\LockSet(array_map(function ($name) use ($path) { return new Sitelock\FileLock(dirname($path) . "/$name"); }, ["a", "b", "c"]));
    try { $set->acquire(INF, function () { ONWAIT }); } catch (DomainException $e) { say("caught, held " . count(Sitelock\held())); hear(); }';
$busy = new Sitelock\FileLock(test_path('b'));
foreach ([
    'killed' => ['', '', SIGKILL],
    'SIGTERM without a handler' => ['', '', SIGTERM],
    'exit(3) in a handler' => ['exit(3);', '', SIGUSR1],
    'an exception in a handler' => ['throw new DomainException;', '', SIGUSR1],
    'a fatal error in a handler' => ['eval("class A extends Sitelock\\FileLock {}");', '', SIGUSR1],
    'a child of a handler that is killed' => ['if (pcntl_fork() === 0) { posix_kill(getmypid(), SIGKILL); } pcntl_wait($status); throw new DomainException;', '', SIGUSR1],
    'a child of a handler that exits' => ['if (pcntl_fork() === 0) { exit(3); } pcntl_wait($status); throw new DomainException;', '', SIGUSR1],
] as $name => [$handler, $on_wait, $signal]) {
    $busy->acquire();
    $child = new Child(str_replace(['HANDLER', 'ONWAIT'], [$handler, $on_wait], $wait), test_path(), ['log_errors' => 0]);
    wait_for_waiters($busy->getPath(), 1);
    posix_kill($child->pid(), $signal);
    $line = $child->hear();
    echo "$name", $line === null ? '' : ": $line", "\n";
    $child->wait();
    check('nobody waits', waiters($busy->getPath()) === 0);
    $busy->release();
    foreach (['a', 'b', 'c'] as $member) {
        $lock = new Sitelock\FileLock(test_path($member));
        if (!$lock->acquire() || $lock->getAbandonedBy() !== []) {
            echo "NOT OK $member is free, and nothing to hear\n";
        }
        $lock->release();
    }
}

// And while it holds one of them, which is for a short time only: if that is missed, the other way round.
$busy->acquire();
$free = new Sitelock\FileLock(test_path('a'));
$free->acquire();
$child = new Child('pcntl_async_signals(true); $set = new Sitelock\LockSet([new Sitelock\FileLock(dirname($path) . "/a"), new Sitelock\FileLock(dirname($path) . "/b")]);
    pcntl_signal(SIGUSR1, function () use ($set) {
        foreach ($set->getHolders() as $of => $holders) {
            if ($holders[0]->isSelf()) { say(basename($of)); posix_kill(getmypid(), SIGKILL); }
        }
    });
    $set->acquire(INF);', test_path());
for ($round = 0; $round < 20; $round++) {
    wait_for_waiters($free->getPath(), 1);
    $free->release();
    for ($i = 0; $i < 200 && !$child->speaks_within(0.001); $i++) {
        posix_kill($child->pid(), SIGUSR1);
    }
    if ($child->speaks_within(0.0)) {
        break;
    }
    wait_for_waiters($busy->getPath(), 1);
    $free->acquire(INF);
    [$free, $busy] = [$busy, $free];
}
check('killed while it had one and waited for the other', $child->hear() === basename($free->getPath()));
$child->wait();
check('its next owner hears nothing', $free->acquire() && $free->getAbandonedBy() === []);
?>
--EXPECT--
killed
ok nobody waits
SIGTERM without a handler
ok nobody waits
exit(3) in a handler
ok nobody waits
an exception in a handler: caught, held 0
ok nobody waits
a fatal error in a handler
ok nobody waits
a child of a handler that is killed: caught, held 0
ok nobody waits
a child of a handler that exits: caught, held 0
ok nobody waits
ok killed while it had one and waited for the other
ok its next owner hears nothing
