--TEST--
What a signal handler throws comes out of the wait: not held, nobody waits, and it can be done again
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$code = 'HOW
    pcntl_signal(SIGUSR1, function () { throw new DomainException("from the handler"); });
    $lock = new Sitelock\FileLock($path);
    $set = new Sitelock\LockSet([$lock, new Sitelock\FileLock("$path.other")]);
    try { CALL; say("returned"); }
    catch (DomainException $e) { say($e->getMessage() . ", isAcquired " . var_export($lock->isAcquired(), true) . ", held " . count(Sitelock\held())); }
    hear();
    try { say(CALL === "mine" || $lock->isAcquired() ? "acquired" : "not acquired"); }
    catch (DomainException $e) { say("too late"); }
    hear();';
foreach ([
    'acquire' => ['pcntl_async_signals(true);', '$lock->acquire(INF)'],
    'acquireShared' => ['pcntl_async_signals(true);', '$lock->acquireShared(INF)'],
    'synchronized' => ['pcntl_async_signals(true);', '$lock->synchronized(function () { return "mine"; })'],
    'a set' => ['pcntl_async_signals(true);', '$set->acquire(INF)'],
    'ticks' => ['declare(ticks=1);', '$lock->acquire(INF)'],
    'in onWait' => ['', '$lock->acquire(INF, function () { pcntl_signal_dispatch(); })'],
] as $name => [$how, $call]) {
    $lock->acquire();
    $waiter = new Child(str_replace(['HOW', 'CALL'], [$how, $call], $code), $path);
    wait_for_waiters($path, 1);
    posix_kill($waiter->pid(), SIGUSR1);
    echo "$name: ", $waiter->hear(), ', waiters ', waiters($path), ', ahead of us ', var_export((new Sitelock\FileLock($path))->getWaitersAhead(), true);
    $waiter->tell('again');
    wait_for_waiters($path, 1);
    $lock->release();
    echo '; ', $waiter->hear(), "\n";
    $waiter->wait();
    check('and nobody is reported as abandoned', $lock->acquire() && $lock->getAbandonedBy() === []);
    $lock->release();
}

$lock->acquire();
$control = new Child('pcntl_async_signals(true); pcntl_signal(SIGUSR1, function () { throw new DomainException; });
    $file = fopen($path, "r"); try { say("waits"); flock($file, LOCK_EX); } catch (DomainException $e) {} say("locked " . (is_locked($path) ? "all the same" : "no"));', $path);
$control->hear();
wait_for_waiters($path, 1);
posix_kill($control->pid(), SIGUSR1);
check('control: flock() goes on', !$control->speaks_within(0.3));
$lock->release();
check('and has the lock though the handler threw', $control->hear() === 'locked all the same');
$control->wait();
?>
--EXPECT--
acquire: from the handler, isAcquired false, held 0, waiters 0, ahead of us 0; acquired
ok and nobody is reported as abandoned
acquireShared: from the handler, isAcquired false, held 0, waiters 0, ahead of us 0; acquired
ok and nobody is reported as abandoned
synchronized: from the handler, isAcquired false, held 0, waiters 0, ahead of us 0; acquired
ok and nobody is reported as abandoned
a set: from the handler, isAcquired false, held 0, waiters 0, ahead of us 0; acquired
ok and nobody is reported as abandoned
ticks: from the handler, isAcquired false, held 0, waiters 0, ahead of us 0; acquired
ok and nobody is reported as abandoned
in onWait: from the handler, isAcquired false, held 0, waiters 0, ahead of us 0; acquired
ok and nobody is reported as abandoned
ok control: flock() goes on
ok and has the lock though the handler threw
