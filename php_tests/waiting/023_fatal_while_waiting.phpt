--TEST--
A fatal error, the memory limit, the time limit or an uncaught exception ends the wait: shutdown functions find nothing held
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
putenv('USE_ZEND_ALLOC=1'); // valgrind's runs switch it off, and the memory limit with it
$lock = new Sitelock\FileLock($path);
$code = 'register_shutdown_function(function () use (&$lock, $path) {
        say("isAcquired " . var_export($lock->isAcquired(), true) . ", held " . count(Sitelock\held()) . ", waiters " . waiters($path) . ", " . (is_single_threaded() ? "one thread" : "MORE THREADS"));
        $other = new Sitelock\FileLock("$path.other");
        say($other->acquire(INF) ? "another one is acquired" : "NOT");
        say($lock->acquire(INF) ? "and then this one" : "NOT");
        $lock->release(); $other->release();
    });
    $lock = new Sitelock\FileLock($path); $set = new Sitelock\LockSet([new Sitelock\FileLock("$path.0"), $lock]);
    $burn = function () { while (true); }; ';
$ends = [
    'time limit in onWait' => 'set_time_limit(1); CALL(INF, $burn);',
    'memory limit in onWait' => 'CALL(INF, function () { str_repeat("x", 1 << 30); });',
    'memory limit in a signal handler' => 'pcntl_async_signals(true); pcntl_signal(SIGUSR1, function () { str_repeat("x", 1 << 30); }); CALL(INF, function () { static $calls = 0; if ($calls++ === 0) { posix_kill(getmypid(), SIGUSR1); } });',
    'fatal error in onWait' => 'CALL(INF, function () { eval("class A extends Sitelock\\FileLock {}"); });',
    'uncaught exception in onWait' => 'CALL(INF, function () { throw new DomainException; });',
    'an error in onWait' => 'CALL(INF, function () { nothing_of_this_name(); });',
    'memory limit in a nested wait' => 'CALL(INF, function () use ($path) { (new Sitelock\FileLock($path))->acquire(INF, function () { str_repeat("x", 1 << 30); }); });',
];
foreach ($ends as $name => $end) {
    foreach (['$lock->acquire', '$set->acquire'] as $i => $call) {
        if ($i === 1 && strpos($name, 'time limit') === 0) {
            continue; // a second each
        }
        $lock->acquire();
        $waiter = new Child($code . str_replace('CALL', $call, $end), $path, ['memory_limit' => '64M', 'log_errors' => 0]);
        echo "$name, $call: ", $waiter->hear(), "\n  ", $waiter->hear();
        wait_for_waiters($path, 1);
        $lock->release();
        echo ', ', $waiter->hear(), ', status ', $waiter->wait(), "\n";
        check('free, nobody waits, nothing to hear', waiters($path) === 0 && $lock->acquire() && $lock->getAbandonedBy() === [] && !@is_locked("$path.other"));
        $lock->release();
    }
}
?>
--EXPECT--
time limit in onWait, $lock->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
memory limit in onWait, $lock->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
memory limit in onWait, $set->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
memory limit in a signal handler, $lock->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
memory limit in a signal handler, $set->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
fatal error in onWait, $lock->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
fatal error in onWait, $set->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
uncaught exception in onWait, $lock->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
uncaught exception in onWait, $set->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
an error in onWait, $lock->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
an error in onWait, $set->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
memory limit in a nested wait, $lock->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
memory limit in a nested wait, $set->acquire: isAcquired false, held 0, waiters 0, one thread
  another one is acquired, and then this one, status 255
ok free, nobody waits, nothing to hear
