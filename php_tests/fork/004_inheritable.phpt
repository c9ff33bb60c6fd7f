--TEST--
setInheritable(true): children of every kind keep the lock when the owner is killed
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$sleep = 'exec sleep 60 </dev/null >/dev/null 2>&1';
$kinds = [
    'exec' => 'exec("(' . $sleep . ') & echo $!", $out); say($out[0]);',
    'shell_exec' => 'say(trim(shell_exec("(' . $sleep . ') & echo $!")));',
    'proc_open' => '$p = proc_open(["sleep", "60"], [["file", "/dev/null", "r"], ["file", "/dev/null", "w"], ["file", "/dev/null", "w"]], $pipes); say((string) proc_get_status($p)["pid"]);',
    'pcntl_fork' => 'if (!$pid = pcntl_fork()) { say((string) getmypid()); hear(); hear(); exit; }',
    'pcntl_fork and exec' => 'if (!$pid = pcntl_fork()) { say((string) getmypid()); pcntl_exec("/bin/sh", ["-c", "' . $sleep . '"]); }',
];
foreach ($kinds as $kind => $start) {
    $child = new Child('$lock = new Sitelock\FileLock($path, "the job"); $lock->setInheritable(true); $lock->acquire(); ' . $start . ' hear(); sleep(60);', $path);
    $owner = $child->pid();
    $heir = (int) $child->hear();
    posix_kill($owner, SIGKILL);
    wait_until_dead($owner);
    $lock = new Sitelock\FileLock($path);
    $busy = $lock->acquire() === false;
    $holders = $lock->getHolders();
    check("$kind: the lock survives", $busy);
    $found = array_filter($holders, function ($h) use ($heir) {
        return $h->getPid() === $heir && $h->isInherited() && $h->isAlive() && !$h->isSelf() && $h->getLabel() === 'the job';
    });
    check("$kind: the survivor is named and inherited", count($found) === 1);
    check("$kind: its sentence names who took it", strpos((string) reset($found), "inherited from pid $owner (") !== false);
    posix_kill($heir, SIGKILL);
    wait_until_dead($heir);
    $child->wait();
    check("$kind: then it is free, and the owner is reported", $lock->acquire()
        && $lock->getAbandonedBy()[0]->getPid() === $owner && !$lock->getAbandonedBy()[0]->isInherited());
    $lock->markConsistent();
    $lock->remove();
}
?>
--EXPECT--
ok exec: the lock survives
ok exec: the survivor is named and inherited
ok exec: its sentence names who took it
ok exec: then it is free, and the owner is reported
ok shell_exec: the lock survives
ok shell_exec: the survivor is named and inherited
ok shell_exec: its sentence names who took it
ok shell_exec: then it is free, and the owner is reported
ok proc_open: the lock survives
ok proc_open: the survivor is named and inherited
ok proc_open: its sentence names who took it
ok proc_open: then it is free, and the owner is reported
ok pcntl_fork: the lock survives
ok pcntl_fork: the survivor is named and inherited
ok pcntl_fork: its sentence names who took it
ok pcntl_fork: then it is free, and the owner is reported
ok pcntl_fork and exec: the lock survives
ok pcntl_fork and exec: the survivor is named and inherited
ok pcntl_fork and exec: its sentence names who took it
ok pcntl_fork and exec: then it is free, and the owner is reported
