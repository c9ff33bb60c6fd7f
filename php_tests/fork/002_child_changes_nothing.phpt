--TEST--
A forked child’s exit, destructor, release() or exec changes nothing for the parent
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$lock->acquire();
$children = [
    'exit' => function () { exit(0); },
    'exit(1)' => function () { exit(1); },
    'destructor' => function () { unset($GLOBALS['lock']); exit(0); },
    'release()' => function () use ($lock) { $lock->release(); $lock->release(); exit(0); },
    'remove()' => function () use ($lock) { try { $lock->remove(); } catch (LogicException $e) { exit(0); } exit(1); },
    'markConsistent()' => function () use ($lock) { try { $lock->markConsistent(); } catch (LogicException $e) { exit(0); } exit(1); },
    'acquire()' => function () use ($lock) { exit($lock->acquire() ? 1 : 0); },
    'acquire(), release()' => function () use ($lock) { $lock->acquire(); $lock->release(); exit(0); },
    'isAcquired()' => function () use ($lock) { exit($lock->isAcquired() ? 1 : 0); },
    'fatal error' => function () { ini_set('display_errors', '0'); ini_set('log_errors', '0'); nothing_of_this_name(); },
    'exec' => function () { pcntl_exec('/bin/true'); },
    'SIGKILL' => function () { posix_kill(getmypid(), SIGKILL); },
    'a fork of its own' => function () use ($lock) { if ($pid = pcntl_fork()) { pcntl_waitpid($pid, $s); } else { $lock->release(); } exit(0); },
];
foreach ($children as $what => $child) {
    if (!$pid = pcntl_fork()) {
        $child();
    }
    pcntl_waitpid($pid, $status);
    $as_meant = in_array($what, ['exit(1)', 'fatal error', 'SIGKILL'], true) || pcntl_wexitstatus($status) === 0;
    check($what, $as_meant && is_locked($path) && $lock->isAcquired());
}
check('the record still says who holds it', strpos(file_get_contents($path), 'sitelock 1 held') === 0);
$lock->release();
check('and nobody is reported', $lock->acquire() && $lock->getAbandonedBy() === []);
$lock->release();

$file = fopen($path, 'c+');
flock($file, LOCK_EX);
if (!$pid = pcntl_fork()) {
    flock($file, LOCK_UN);
    exit(0);
}
pcntl_waitpid($pid, $status);
check('control: a plain flock is freed by the child', !is_locked($path));
?>
--EXPECT--
ok exit
ok exit(1)
ok destructor
ok release()
ok remove()
ok markConsistent()
ok acquire()
ok acquire(), release()
ok isAcquired()
ok fatal error
ok exec
ok SIGKILL
ok a fork of its own
ok the record still says who holds it
ok and nobody is reported
ok control: a plain flock is freed by the child
