--TEST--
$onWait is called when the lock is busy, about once a second, and after a signal, with the lock and the time
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$calls = [];
$note = function ($waiting, $waited, ...$more) use (&$calls, $lock) {
    check('the lock, a float, and no more', $waiting === $lock && is_float($waited) && $more === []);
    $calls[] = $waited;
};
check('not when it is free', $lock->acquire(1.0, $note) && $calls === []);
check('not when it is held already', $lock->acquire(1.0, $note) && $calls === []);
$lock->release();

$holder = holder($path);
check('in vain', $lock->acquire(2.5, $note) === false);
check('three times in 2.5 s', count($calls) === 3);
check('at once', $calls[0] >= 0.0 && $calls[0] < 0.5);
check('then every second', $calls[1] - $calls[0] > 0.9 && $calls[2] - $calls[1] > 0.9 && $calls[2] < 2.5);

$calls = [];
check('shared', $lock->acquireShared(0.1, $note) === false && count($calls) === 1);
$calls = [];
try {
    $lock->synchronized(function () { echo "never\n"; }, 0.1, $note);
} catch (Sitelock\BusyException $e) {
    check('synchronized', count($calls) === 1);
}
$of_set = [];
$other = new Sitelock\FileLock("$path.other");
check('a set', (new Sitelock\LockSet([$other, $lock]))->acquire(0.1, function ($waiting) use (&$of_set) { $of_set[] = $waiting; }) === false);
check('with the lock that it waits for', $of_set === [$lock]);

pcntl_async_signals(true);
pcntl_signal(SIGUSR1, function () { echo "handler\n"; });
$us = getmypid();
foreach (['control: no signal' => 'hear();', 'a signal' => 'wait_for_waiters($path, 1); hear(); posix_kill(' . $us . ', SIGUSR1);'] as $name => $code) {
    $calls = 0;
    $sender = new Child('say("ready"); ' . $code, $path);
    $sender->hear();
    $lock->acquire(0.95, function () use (&$calls, $sender) { if (++$calls === 1) { $sender->tell('now'); } });
    echo "$name: $calls\n";
    $sender->wait();
}
$holder->wait();
?>
--EXPECT--
ok not when it is free
ok not when it is held already
ok the lock, a float, and no more
ok the lock, a float, and no more
ok the lock, a float, and no more
ok in vain
ok three times in 2.5 s
ok at once
ok then every second
ok the lock, a float, and no more
ok shared
ok the lock, a float, and no more
ok synchronized
ok a set
ok with the lock that it waits for
control: no signal: 1
handler
a signal: 2
