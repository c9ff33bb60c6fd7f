--TEST--
Never two owners, never a reader beside a writer, also beside owners who are killed
--FILE--
<?php
require __DIR__ . '/borg.inc';

// LeakSanitizer misses what a child that was forked and killed had.
putenv('ASAN_OPTIONS=' . getenv('ASAN_OPTIONS') . ':detect_leaks=0');

$path = repository();
$before = rest($path);
$start = '$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $mark = dirname($path, 2) . "/mark"; $readers = dirname($path, 2) . "/readers";
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
    if ($i % 5 === 0) { if (!$pid = pcntl_fork()) { $lock->acquire(INF); $write(); posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); }
    if ($i % 5 === 1) { if (!$pid = pcntl_fork()) { $lock->acquireShared(INF); $read(); posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); }';
$few = getenv('USE_ZEND_ALLOC') === '0'; // under valgrind, which is slow
foreach ([
    'eight writers' => [15, [8 => $exclusive]],
    'readers and writers' => [15, [4 => $shared, 2 => $exclusive]],
    'writers and readers, some of whom are killed, and one who asks' => [10, [4 => $dying, 1 => $asking]],
] as $name => [$rounds, $crowd]) {
    $rounds = $few ? 5 : $rounds;
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
    (new Sitelock\BorgLock($path, HOST))->breakStale();
    check('nothing is left', lock_files($path) === []);
}

// Readers alone are in nobody's way: a plain try succeeds, though each of them is alone for a moment. That
// moment may be long on a busy machine.
$children = [];
for ($i = 0; $i < 4; $i++) {
    $children[] = $child = new Child('$lock = new Sitelock\BorgLock($path, "web1@8796750862"); say("ready"); hear(); $refused = 0;
        for ($i = 0; $i < 50; $i++) { $lock->acquireShared() || $refused++; $lock->release(); }
        say((string) $refused);', $path);
    $child->hear();
}
foreach ($children as $child) {
    $child->tell('go');
}
$refused = 0;
foreach ($children as $child) {
    $refused += (int) $child->hear();
    $child->wait();
}
check('of 200 plain tries among readers hardly any is refused', $refused < 20 || show("$refused refused\n"));
check('nothing is left, and nothing else was touched', lock_files($path) === [] && rest($path) === $before);
?>
--EXPECT--
ok eight writers: done
ok nothing is left
ok readers and writers: done
ok nothing is left
ok writers and readers, some of whom are killed, and one who asks: done
ok nothing is left
ok of 200 plain tries among readers hardly any is refused
ok nothing is left, and nothing else was touched
