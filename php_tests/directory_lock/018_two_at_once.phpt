--TEST--
Many processes, thousands of times: never two owners, never a reader beside a writer, also beside owners who are killed
--FILE--
<?php
require __DIR__ . '/../helper.inc';

// LeakSanitizer misses the thread that waits in a child that was forked without it.
putenv('ASAN_OPTIONS=' . getenv('ASAN_OPTIONS') . ':detect_leaks=0');

$path = test_path_alone();
$start = '$lock = new Sitelock\DirectoryLock($path); $mark = dirname($path, 2) . "/mark"; $readers = dirname($path, 2) . "/readers";
    $write = function () use ($mark, $readers) {
        if (!@mkdir($mark)) { say("TWO AT ONCE"); exit(1); }
        usleep(50); // for others to come in, if they can
        if (entries($readers) !== []) { say("A READER BESIDE A WRITER"); exit(1); }
        rmdir($mark);
    };
    $read = function () use ($mark, $readers) {
        touch("$readers/" . getmypid());
        usleep(50);
        clearstatcache();
        if (is_dir($mark)) { say("A WRITER BESIDE A READER"); exit(1); }
        unlink("$readers/" . getmypid());
    };
    say("ready"); $begin = (int) hear();
    while (hrtime(true) < $begin) {} // all at the same moment
    for ($i = 0; $i < ROUNDS; $i++) { ROUND }
    say("done");';
mkdir(test_path('readers'));
$exclusive = '$lock->acquire(INF) || say("NOT"); $write(); $lock->release();';
$shared = '$lock->acquireShared(INF) || say("NOT"); $read(); $lock->release();';
$asking = 'while (!$lock->acquire()) {} $write(); $lock->release();';
$dying = '$lock->acquire(INF) || say("NOT"); $write(); $lock->release();
    if ($i % 10 === 0) { if (!$pid = pcntl_fork()) { $lock->acquire(INF); $write(); posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); }';
foreach ([
    'eight writers' => [200, [8 => $exclusive]],
    'readers and writers' => [100, [4 => $shared, 2 => $exclusive]],
    'writers, some of whom are killed, and one who asks' => [50, [4 => $dying, 1 => $asking]],
] as $name => [$rounds, $crowd]) {
    $children = [];
    foreach ($crowd as $count => $code) {
        for ($i = 0; $i < $count; $i++) {
            $children[] = $child = new Child(str_replace(['ROUNDS', 'ROUND'], [(string) $rounds, $code], $start), $path);
            $child->hear();
        }
    }
    $begin = (string) (hrtime(true) + 20000000);
    foreach ($children as $child) {
        $child->tell($begin);
    }
    $outcomes = [];
    foreach ($children as $child) {
        $outcomes[] = $child->hear();
        $child->wait();
    }
    check("$name: " . implode(', ', array_unique($outcomes)), array_unique($outcomes) === ['done']);
    (new Sitelock\DirectoryLock($path))->breakStale();
    check('nothing is left', entries(dirname($path)) === []);
}
?>
--EXPECT--
ok eight writers: done
ok nothing is left
ok readers and writers: done
ok nothing is left
ok writers, some of whom are killed, and one who asks: done
ok nothing is left
