--TEST--
A thousand signals a second do not cost it its place in the queue
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$lock->acquire();
$first = new Child('pcntl_async_signals(true); $count = 0; pcntl_signal(SIGUSR1, function () use (&$count) { $count++; });
    $lock = new Sitelock\FileLock($path); $lock->acquire(INF); file_put_contents("$path.log", "first\n", FILE_APPEND); say((string) $count); $lock->release();
    while (!feof(STDIN)) { hear(); }', $path);
wait_for_waiters($path, 1);
$storm = new Child('stream_set_blocking(STDIN, false); say("blows"); while (fgets(STDIN) === false) { posix_kill(' . $first->pid() . ', SIGUSR1); usleep(1000); }', $path);
$storm->hear();
$second = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(INF); file_put_contents("$path.log", "second\n", FILE_APPEND); say("held");', $path);
wait_for_waiters($path, 2);
$third = new Child('$lock = new Sitelock\FileLock($path); $lock->acquireShared(INF); file_put_contents("$path.log", "third\n", FILE_APPEND); say("held");', $path);
wait_for_waiters($path, 3);
usleep(200000);
check('it keeps waiting', waiters($path) === 3);
$lock->release();
$count = (int) $first->hear();
check('handlers ran', $count > 20);
$second->hear();
$third->hear();
echo file_get_contents("$path.log");
$storm->tell('stop');
foreach ([$storm, $first, $second, $third] as $child) {
    $child->wait();
}
check('nobody waits', waiters($path) === 0 && !is_locked($path));

$lock->acquire();
unlink("$path.log");
$first = new Child('pcntl_async_signals(true); pcntl_signal(SIGUSR1, function () {}, false);
    $file = fopen($path, "r"); while (!flock($file, LOCK_EX)) { say("interrupted"); hear(); } file_put_contents("$path.log", "first\n", FILE_APPEND);', $path);
wait_for_waiters($path, 1);
$second = new Child('$file = fopen($path, "r"); flock($file, LOCK_EX); file_put_contents("$path.log", "second\n", FILE_APPEND);', $path);
wait_for_waiters($path, 2);
posix_kill($first->pid(), SIGUSR1);
$first->hear();
wait_for_waiters($path, 1); // who was behind it has moved up
$first->tell('again');
wait_for_waiters($path, 2);
$lock->release();
$first->wait();
$second->wait();
check('control: interrupted, flock() has to queue up again, behind who came later', file_get_contents("$path.log") === "second\nfirst\n");
?>
--EXPECT--
ok it keeps waiting
ok handlers ran
first
second
third
ok nobody waits
ok control: interrupted, flock() has to queue up again, behind who came later
