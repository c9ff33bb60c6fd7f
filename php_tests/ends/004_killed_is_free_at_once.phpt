--TEST--
After SIGKILL the next one has the lock at once, although a child of the dead one lives on
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$code = '$lock = LOCK;
    $sleeper = proc_open(["sh", "-c", "echo up; exec sleep 60 >/dev/null 2>&1"], [["file", "/dev/null", "r"], ["pipe", "w"], ["file", "/dev/null", "w"]], $pipes);
    fgets($pipes[1]); say((string) proc_get_status($sleeper)["pid"]); hear();';
foreach ([
    'sitelock' => 'new Sitelock\FileLock($path); $lock->acquire()',
    'control: fopen(c+) and flock' => 'fopen($path, "c+"); flock($lock, LOCK_EX)',
] as $name => $how) {
    $child = new Child(str_replace('LOCK', $how, $code), $path);
    $sleeper = (int) $child->hear();
    $descriptor = in_array($path, open_files($sleeper), true);
    $child->kill();
    $alive = is_dir("/proc/$sleeper");
    echo "$name: ", $descriptor ? 'the child has the descriptor' : 'the child has no descriptor', ', ',
        is_locked($path) ? 'still locked' : 'free', $alive ? '' : ' BUT THE CHILD IS GONE', "\n";
    posix_kill($sleeper, SIGKILL);
    wait_until_dead($sleeper);
    unlink($path);
}
?>
--EXPECT--
sitelock: the child has no descriptor, free
control: fopen(c+) and flock: the child has the descriptor, still locked
