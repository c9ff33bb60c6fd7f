--TEST--
Where no thread can be had, or nobody lives to wait for, it asks from time to time
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

putenv('VALGRIND_OPTS=--vgdb=no'); // which leaves files that nobody could not remove
$path = test_path_alone();
chmod(dirname($path), 0777);
// Nobody, so that limits count; LeakSanitizer could not look into that at its end.
$nobody = 'register_shutdown_function(function () { posix_kill(getmypid(), SIGKILL); }); say("root"); hear(); posix_setgid(65534); posix_setuid(65534);
    $lock = new Sitelock\DirectoryLock($path); ';
$wait = $nobody . 'pcntl_async_signals(true); pcntl_signal(SIGUSR1, function () { say("handler"); });
    say($lock->acquire(0.2) ? "NOT" : "in vain"); say($lock->acquire(INF) ? "held" : "NOT"); hear(); $lock->release(); say("released");';
foreach (['prlimit --nproc=0' => 'no thread', 'true' => 'control'] as $limit => $name) {
    $holder = new Child($nobody . '$lock->acquire(); say("locked"); hear(); $lock->release();', $path);
    $holder->hear();
    $holder->tell('');
    $holder->hear();
    $waiter = new Child($wait, $path);
    $waiter->hear();
    exec($limit === 'true' ? $limit : "$limit --pid {$waiter->pid()}", $output, $status);
    check("$name can be had", $status === 0);
    $waiter->tell('wait');
    echo "$name: ", $waiter->hear(), "\n";
    $record = record($path);
    check($name === 'control' ? 'in the queue' : 'in no queue', $name === 'control' ? wait_for_waiters($record, 1) : !$waiter->speaks_within(0.2) && waiters($record) === 0);
    posix_kill($waiter->pid(), SIGUSR1);
    check('a signal is served', $waiter->hear() === 'handler');
    $holder->wait();
    $took = seconds(function () use ($waiter) { check('held', $waiter->hear() === 'held'); });
    check('soon', $took < 2);
    $waiter->tell('');
    check('and released', $waiter->hear() === 'released');
    $waiter->wait();
    check('nothing is left', entries(dirname($path)) === []);
}

// Of whom it cannot be known whether he lives nobody can tell that he has ended, until he is removed.
foreach (['acquire', 'acquireShared'] as $method) {
    $record = unknown_owner($path);
    $waiter = new Child('$lock = new Sitelock\DirectoryLock($path); say($lock->' . $method . '(INF, function () { static $calls = 0; $calls++ || say("waits"); }) ? "held" : "NOT"); hear(); $lock->release(); say("released");', $path);
    echo $waiter->hear(), "\n";
    check("unknown, $method: in no queue", !$waiter->speaks_within(0.2) && waiters($record) === 0 && is_file($record));
    unlink($record);
    $took = seconds(function () use ($waiter) { check('held', $waiter->hear() === 'held'); });
    check('soon', $took < 2);
    $waiter->tell('');
    $waiter->hear();
    $waiter->wait();
    check('nothing is left', entries(dirname($path)) === []);
}
?>
--EXPECT--
ok no thread can be had
no thread: in vain
ok in no queue
ok a signal is served
ok held
ok soon
ok and released
ok nothing is left
ok control can be had
control: in vain
ok in the queue
ok a signal is served
ok held
ok soon
ok and released
ok nothing is left
waits
ok unknown, acquire: in no queue
ok held
ok soon
ok nothing is left
waits
ok unknown, acquireShared: in no queue
ok held
ok soon
ok nothing is left
