--TEST--
getWaitersAhead() when two objects of one process wait for the same lock: the second one has the first ahead of it
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$holder = holder($path);
$outer = new Sitelock\FileLock($path);
$inner = new Sitelock\FileLock($path);
$outer->acquire(0.2, function () use ($path, $outer, $inner) {
    wait_for_waiters($path, 1);
    $inner->acquire(0.1, function () use ($path, $outer, $inner) {
        wait_for_waiters($path, 2);
        echo 'outer ', $outer->getWaitersAhead(), ', inner ', $inner->getWaitersAhead(), "\n";
    });
});
$holder->wait();
?>
--EXPECT--
outer 0, inner 1
