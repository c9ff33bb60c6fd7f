--TEST--
Where there is no thread, descriptor or signal to be had for the queue, it asks from time to time
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
chmod(dirname($path), 0777);
// A limit for one process, set from outside.
$limit = function (Child $child, string $limit) {
    exec("prlimit --pid {$child->pid()} --$limit 2>&1", $output, $status);
    return $status === 0;
};
putenv('VALGRIND_OPTS=--vgdb=no'); // which leaves files that nobody could not remove
// Nobody, so that limits count; LeakSanitizer could not look into that at its end.
$code = 'register_shutdown_function(function () { posix_kill(getmypid(), SIGKILL); });
    say("root"); hear(); posix_setgid(65534); posix_setuid(65534); pcntl_async_signals(true); pcntl_signal(SIGUSR1, function () { say("handler"); });
    $lock = new Sitelock\FileLock($path, "", 0666);
    try { say($lock->acquire(0.2) ? "NOT" : "in vain"); say("waits"); say($lock->acquire(INF) ? "held" : "NOT"); }
    catch (Sitelock\LockException $e) { say($e->getMessage()); }
    hear(); $lock->release(); ';
foreach (['nproc=0' => 'a thread', 'sigpending=0' => 'a signal', 'nofile=NEXT:' => 'a descriptor', '' => 'control: no limit'] as $what => $name) {
    $holder = holder($path);
    $waiter = new Child($code, $path);
    $waiter->hear();
    // Set while it is root. Room for the lock’s own descriptor and not for another one.
    $numbers = array_map('intval', array_map('basename', glob("/proc/{$waiter->pid()}/fd/*")));
    for ($next = 0; in_array($next, $numbers, true); $next++);
    if ($what !== '') {
        check("$name cannot be had", $limit($waiter, str_replace('NEXT', (string) max($next + 1, 4), $what)));
    }
    $waiter->tell('wait');
    echo "$name: ", $waiter->hear(), ', ', $waiter->hear(), "\n";
    check($what === '' ? 'in the queue' : 'in no queue', $what === '' ? wait_for_waiters($path, 1) : !$waiter->speaks_within(0.2) && waiters($path) === 0);
    posix_kill($waiter->pid(), SIGUSR1);
    check('a signal is served', $waiter->hear() === 'handler');
    $holder->tell('release');
    $took = seconds(function () use ($waiter) { check('held', $waiter->hear() === 'held'); });
    check('soon', $took < 1);
    $waiter->wait();
    $holder->wait();
}
?>
--EXPECT--
ok a thread cannot be had
a thread: in vain, waits
ok in no queue
ok a signal is served
ok held
ok soon
ok a signal cannot be had
a signal: in vain, waits
ok in no queue
ok a signal is served
ok held
ok soon
ok a descriptor cannot be had
a descriptor: in vain, waits
ok in no queue
ok a signal is served
ok held
ok soon
control: no limit: in vain, waits
ok in the queue
ok a signal is served
ok held
ok soon
