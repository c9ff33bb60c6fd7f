--TEST--
DirectoryLock::setInheritable(true): children keep the lock when the owner is killed, release() frees it for all
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
foreach (['acquire', 'acquireShared'] as $mode) {
    $child = new Child('$lock = new Sitelock\DirectoryLock($path, "the job"); $lock->setInheritable(true); $lock->' . $mode . '();
        $p = proc_open(["sleep", "60"], [["file", "/dev/null", "r"], ["file", "/dev/null", "w"], ["file", "/dev/null", "w"]], $pipes);
        say((string) proc_get_status($p)["pid"]); hear();', $path);
    $owner = $child->pid();
    $heir = (int) $child->hear();
    posix_kill($owner, SIGKILL);
    wait_until_dead($owner);
    $lock = new Sitelock\DirectoryLock($path);
    check("$mode: the lock survives", !$lock->acquire() && !$lock->breakStale());
    [$holder] = $lock->getHolders();
    check('the survivor is named and inherited', $holder->getPid() === $heir && $holder->isInherited()
        && $holder->isAlive() && $holder->isShared() === ($mode === 'acquireShared') && $holder->getLabel() === 'the job');
    $waiter = new Child('say((new Sitelock\DirectoryLock($path))->acquire(INF, function () { say("waits"); }) ? "got it" : "NOT");', $path);
    $waiter->hear();
    posix_kill($heir, SIGKILL);
    wait_until_dead($heir);
    $child->wait();
    do {
        $line = $waiter->hear();
    } while ($line === 'waits');
    check('who waits gets it when that one ends', $line === 'got it');
    $waiter->wait();
}
$lock->setInheritable(true);
$lock->acquire();
$sleeper = proc_open(['sleep', '60'], [], $pipes);
$pid = proc_get_status($sleeper)['pid'];
if (!$child = pcntl_fork()) {
    check('in a forked child it is not acquired', !$lock->isAcquired());
    $lock->release();
    exit(0);
}
pcntl_waitpid($child, $status);
check('the child changed nothing', $lock->isAcquired());
$lock->release();
check('released for all', entries(dirname($path)) === [] && is_dir("/proc/$pid") && (new Sitelock\DirectoryLock($path))->acquire());
posix_kill($pid, SIGKILL);
proc_close($sleeper);
?>
--EXPECT--
ok acquire: the lock survives
ok the survivor is named and inherited
ok who waits gets it when that one ends
ok acquireShared: the lock survives
ok the survivor is named and inherited
ok who waits gets it when that one ends
ok in a forked child it is not acquired
ok the child changed nothing
ok released for all
