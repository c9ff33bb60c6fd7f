--TEST--
getWaitersAhead(): all who wait, or those who came before us; the busy message tells their number
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
check('no file, nobody', $lock->getWaitersAhead() === 0 && !file_exists($path));
check('free', $lock->acquire() && $lock->getWaitersAhead() === 0);
$lock->release();
check('released', $lock->getWaitersAhead() === 0);

$holder = holder($path);
$waiter = '$lock = new Sitelock\FileLock($path); HOW; say("held"); hear(); $lock->release();';
$acquire = '$lock->acquire(INF)';
$ahead = [];
foreach ([$acquire, '$lock->acquireShared(INF)'] as $i => $how) {
    $ahead[] = new Child(str_replace('HOW', $how, $waiter), $path);
    wait_for_waiters($path, $i + 1);
    check('not waiting ourselves: ' . ($i + 1), $lock->getWaitersAhead() === $i + 1);
}
try {
    $lock->synchronized(function () { echo "never\n"; }, 0.0);
} catch (Sitelock\BusyException $e) {
    check('the message', (bool) preg_match('/; it becomes free when that ends, and 2 others wait for that already$/', $e->getMessage()));
}
$behind = [];
$seen = [];
$got = $lock->acquire(INF, function ($lock) use ($path, $acquire, $waiter, $holder, &$behind, &$ahead, &$seen) {
    if ($behind !== []) {
        return;
    }
    wait_for_waiters($path, 3);
    $seen[] = $lock->getWaitersAhead();
    foreach ([4, 5] as $count) {
        $behind[] = new Child(str_replace('HOW', $acquire, $waiter), $path);
        wait_for_waiters($path, $count);
        $seen[] = $lock->getWaitersAhead();
    }
    check('another object, which does not wait', (new Sitelock\FileLock($path))->getWaitersAhead() === 5);
    $holder->tell('release');
    $ahead[0]->hear();
    wait_for_waiters($path, 4);
    $seen[] = $lock->getWaitersAhead();
    $ahead[0]->wait();
    $ahead[1]->hear();
    wait_for_waiters($path, 3);
    $seen[] = $lock->getWaitersAhead();
    $ahead[1]->wait();
});
check('two ahead of us, who come after us do not count, and it is our turn: ' . implode(', ', $seen), $got && $seen === [2, 2, 2, 1, 0]);
check('now two wait', $lock->getWaitersAhead() === 2);
$lock->release();
foreach ($behind as $child) {
    $child->hear();
    $child->wait();
}
check('nobody', $lock->getWaitersAhead() === 0);
$holder->wait();

// Who asks from time to time is in no queue.
$holder = holder($path);
$poller = new Child('$file = fopen($path, "r"); while (!flock($file, LOCK_EX | LOCK_NB)) { say("busy"); hear(); }', $path);
$poller->hear();
check('a poller is not seen', $lock->getWaitersAhead() === 0);
$holder->wait();
$poller->wait();
?>
--EXPECT--
ok no file, nobody
ok free
ok released
ok not waiting ourselves: 1
ok not waiting ourselves: 2
ok the message
ok another object, which does not wait
ok two ahead of us, who come after us do not count, and it is our turn: 2, 2, 2, 1, 0
ok now two wait
ok nobody
ok a poller is not seen
