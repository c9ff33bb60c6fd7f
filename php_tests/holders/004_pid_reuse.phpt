--TEST--
A record that names a pid which now is somebody else names nobody
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$child = new Child('$lock = new Sitelock\FileLock($path, "the real one"); $lock->acquire(); say("locked"); hear();', $path);
$child->hear();
$stranger = proc_open(['sleep', '60'], [], $pipes);
$pid = proc_get_status($stranger)['pid'];
$owner = $child->pid();
$child->kill();
// The stale record now names the stranger's pid; its checksum is what a forger would make.
check('a plain edit is not even a record', file_put_contents($path, preg_replace("/^pid $owner /m", "pid $pid ", file_get_contents($path))) > 0
    && (new Sitelock\FileLock($path))->getHolders() === []);
posix_kill($pid, SIGKILL);
proc_close($stranger);

// For real: a new process with the pid of the dead owner.
$child = new Child('$lock = new Sitelock\FileLock($path, "the dead one"); $lock->setInheritable(true); $lock->acquire();
    $p = proc_open(["sleep", "60"], [["file", "/dev/null", "r"], ["file", "/dev/null", "w"], ["file", "/dev/null", "w"]], $pipes);
    say((string) proc_get_status($p)["pid"]); hear();', $path);
$heir = (int) $child->hear();
$owner = $child->pid();
$child->kill();
$reused = false;
for ($try = 0; $try < 200 && !$reused; $try++) {
    file_put_contents('/proc/sys/kernel/ns_last_pid', (string) ($owner - 1));
    if (!$pid = pcntl_fork()) {
        posix_kill(getmypid(), SIGSTOP);
        posix_kill(getmypid(), SIGKILL);
    }
    $reused = $pid === $owner;
    if (!$reused) {
        posix_kill($pid, SIGKILL);
        pcntl_waitpid($pid, $status);
    }
}
check('the pid is in use again', $reused);
$holders = (new Sitelock\FileLock($path))->getHolders();
check('the heir holds it, the stranger is not named', count($holders) === 1 && $holders[0]->getPid() === $heir && $holders[0]->isInherited());
posix_kill($owner, SIGKILL);
pcntl_waitpid($owner, $status);
posix_kill($heir, SIGKILL);
wait_until_dead($heir);
?>
--EXPECT--
ok a plain edit is not even a record
ok the pid is in use again
ok the heir holds it, the stranger is not named
