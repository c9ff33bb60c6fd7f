--TEST--
A chain of waiting processes without a cycle is no deadlock, however long it takes
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$code = '$own = new Sitelock\FileLock("$path.OWN"); $next = new Sitelock\FileLock("$path.NEXT"); $own->acquire(); say("holds"); hear();
    try { say($next->acquire(INF) ? "got it" : "NOT"); } catch (Sitelock\DeadlockException $e) { say($e->getMessage()); }
    $next->release(); $own->release();';
$last = new Sitelock\FileLock("$path.4");
$last->acquire();
$children = [];
foreach ([1, 2, 3] as $i) {
    $children[$i] = new Child(str_replace(['OWN', 'NEXT'], [$i, $i + 1], $code), $path);
    $children[$i]->hear();
}
foreach ($children as $child) {
    $child->tell('wait');
}
// Holds the first lock shared, and waits for the last: nobody waits for it.
$aside = new Child('$last = new Sitelock\FileLock("$path.4"); (new Sitelock\FileLock("$path.0"))->acquireShared(); say($last->acquire(INF) ? "got it" : "NOT");', $path);
wait_until(function () use ($path) { return waiters("$path.2") + waiters("$path.3") === 2 && waiters("$path.4") === 2; });

// The time in which a cycle would be found: twice that of a true one.
usleep(4000000);
$spoke = 0;
foreach ($children + [$aside] as $child) {
    $spoke += $child->speaks_within(0.0) ? 1 : 0;
}
check('all of them wait', $spoke === 0 && waiters("$path.2") + waiters("$path.3") === 2 && waiters("$path.4") === 2);
$last->release();
foreach ([3, 2, 1] as $i) {
    check("number $i", $children[$i]->hear() === 'got it');
}
check('and the one aside', $aside->hear() === 'got it');
foreach ($children + [$aside] as $child) {
    $child->wait();
}
?>
--EXPECT--
ok all of them wait
ok number 3
ok number 2
ok number 1
ok and the one aside
