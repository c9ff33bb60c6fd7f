--TEST--
release() of an inheritable lock frees it for all, also after a fork
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$lock->acquire();
$lock->setInheritable(true);
$sleeper = proc_open(['sleep', '60'], [], $pipes);
$pid = proc_get_status($sleeper)['pid'];
if (!$child = pcntl_fork()) {
    check('in a forked child it is not acquired', !$lock->isAcquired());
    $lock->release();
    unset($lock);
    exit(0);
}
pcntl_waitpid($child, $status);
check('the child changed nothing', is_locked($path) && $lock->isAcquired());
check('the program has the descriptor', in_array($path, open_files($pid), true));
$lock->release();
check('released for all', !is_locked($path) && is_dir("/proc/$pid"));
posix_kill($pid, SIGKILL);
proc_close($sleeper);

$lock->setInheritable(false);
$lock->acquire();
$sleeper = proc_open(['sh', '-c', 'echo up; exec sleep 60'], [1 => ['pipe', 'w']], $pipes);
fgets($pipes[1]);
$pid = proc_get_status($sleeper)['pid'];
check('switched off again', !in_array($path, open_files($pid), true));
posix_kill($pid, SIGKILL);
proc_close($sleeper);
?>
--EXPECT--
ok in a forked child it is not acquired
ok the child changed nothing
ok the program has the descriptor
ok released for all
ok switched off again
