--TEST--
Twenty waiters get the lock in the order in which they came, also those with a time-out or with $onWait
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$set = new Sitelock\LockSet([$lock]);
$lock->acquire();
$waits = [
    function () use ($lock) { return $lock->acquire(INF); },
    function () use ($lock) { return $lock->acquire(120.0); },
    function () use ($lock) { return $lock->acquire(INF, function () {}); },
    function () use ($lock) { return $lock->synchronized(function () use ($lock) { file_put_contents($lock->getPath() . '.log', getenv('NUMBER') . "\n", FILE_APPEND); }) !== false; },
    function () use ($set) { return $set->acquire(INF); },
];
$pids = [];
for ($i = 1; $i <= 20; $i++) {
    if (($pids[] = pcntl_fork()) === 0) {
        array_pop($pids);
        putenv("NUMBER=$i");
        $got = $waits[$i % 5]();
        if ($i % 5 !== 3) {
            file_put_contents("$path.log", "$i\n", FILE_APPEND);
        }
        posix_kill(getmypid(), SIGKILL); // nothing of this test's own is to be done twice
    }
    wait_for_waiters($path, $i);
}
check('all wait', waiters($path) === 20);
$lock->release();
foreach ($pids as $pid) {
    pcntl_waitpid($pid, $status);
}
echo str_replace("\n", ' ', rtrim(file_get_contents("$path.log"))), "\n";
check('free', $lock->acquire() && waiters($path) === 0);
?>
--EXPECT--
ok all wait
1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20
ok free
