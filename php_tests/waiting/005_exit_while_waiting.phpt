--TEST--
exit() in a signal handler or in $onWait, and death by a signal, end the wait; shutdown functions run, without the lock
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$wait = 'register_shutdown_function(function () use (&$lock) {
        say("shutdown function, isAcquired " . var_export($lock->isAcquired(), true) . ", held " . count(Sitelock\held()));
        hear();
        say($lock->acquire(INF) ? "acquired in the shutdown function" : "NOT acquired");
    });
    $lock = new Sitelock\FileLock($path); WAIT; say("NOT REACHED");';
$handler = 'pcntl_async_signals(true); pcntl_signal(SIGTERM, function () use (&$lock) { HANDLER }); ';
foreach ([
    'exit(3) in a handler' => ['exit(3);', '$lock->acquire(INF)'],
    'exit(0) in a handler' => ['exit(0);', '$lock->acquire(INF)'],
    'release() and exit in a handler' => ['$lock->release(); say(isset($GLOBALS["lock"]) ? "released nothing" : ""); exit(0);', '$lock->acquireShared(INF)'],
    'exit in a handler under synchronized()' => ['exit(3);', '$lock->synchronized(function () { say("NEVER"); })'],
    'exit in a handler under a set' => ['exit(3);', '(new Sitelock\LockSet([new Sitelock\FileLock("$path.0"), $lock]))->acquire(INF)'],
    'exit in onWait' => ['', '$lock->acquire(INF, function ($lock, $waited) { if ($waited > 0.01) { exit(3); } })'],
    'exit in a handler, in a nested wait' => ['exit(3);', '(new Sitelock\FileLock("$path.2"))->acquire(INF, function () use ($lock) { $lock->acquire(INF); })'],
] as $name => [$code, $call]) {
    $lock->acquire();
    $second = new Sitelock\FileLock("$path.2");
    $second->acquire();
    $waiter = new Child(str_replace(['HANDLER', 'WAIT'], [$code, $call], $handler . $wait), $path, ['log_errors' => 0]);
    wait_for_waiters($path, 1);
    posix_kill($waiter->pid(), SIGTERM);
    $first = $waiter->hear();
    echo "$name: ", $first === 'released nothing' ? "$first, " . $waiter->hear() : $first, '; waiters ', waiters($path) + waiters("$path.2"), "\n";
    $waiter->tell('acquire');
    wait_for_waiters($path, 1);
    $lock->release();
    $second->release();
    echo '  ', $waiter->hear();
    echo ', status ', $waiter->wait(), "\n";
    check('free, nobody waits', $lock->acquire() && waiters($path) === 0);
    // What it acquired in the shutdown function it has kept till the end.
    echo '  next owner hears: ', implode(array_map(function ($holder) { return $holder->getEnd(); }, $lock->getAbandonedBy())) ?: 'nothing', "\n";
    $lock->markConsistent();
    $lock->release();
}

foreach (['SIGINT' => SIGINT, 'SIGTERM' => SIGTERM, 'SIGKILL' => SIGKILL] as $name => $signal) {
    $lock->acquire();
    $waiter = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(INF); say("NOT REACHED");', $path);
    wait_for_waiters($path, 1);
    posix_kill($waiter->pid(), $signal);
    check("$name without a handler kills", $waiter->hear() === null && $waiter->wait() !== 0);
    $lock->release();
    check('nobody waits, nothing to hear', waiters($path) === 0 && $lock->acquire() && $lock->getAbandonedBy() === []);
    $lock->release();
}
?>
--EXPECT--
exit(3) in a handler: shutdown function, isAcquired false, held 0; waiters 0
  acquired in the shutdown function, status 3
ok free, nobody waits
  next owner hears: exit status 3
exit(0) in a handler: shutdown function, isAcquired false, held 0; waiters 0
  acquired in the shutdown function, status 0
ok free, nobody waits
  next owner hears: nothing
release() and exit in a handler: released nothing, shutdown function, isAcquired false, held 0; waiters 0
  acquired in the shutdown function, status 0
ok free, nobody waits
  next owner hears: nothing
exit in a handler under synchronized(): shutdown function, isAcquired false, held 0; waiters 0
  acquired in the shutdown function, status 3
ok free, nobody waits
  next owner hears: exit status 3
exit in a handler under a set: shutdown function, isAcquired false, held 0; waiters 0
  acquired in the shutdown function, status 3
ok free, nobody waits
  next owner hears: exit status 3
exit in onWait: shutdown function, isAcquired false, held 0; waiters 0
  acquired in the shutdown function, status 3
ok free, nobody waits
  next owner hears: exit status 3
exit in a handler, in a nested wait: shutdown function, isAcquired false, held 0; waiters 0
  acquired in the shutdown function, status 3
ok free, nobody waits
  next owner hears: exit status 3
ok SIGINT without a handler kills
ok nobody waits, nothing to hear
ok SIGTERM without a handler kills
ok nobody waits, nothing to hear
ok SIGKILL without a handler kills
ok nobody waits, nothing to hear
