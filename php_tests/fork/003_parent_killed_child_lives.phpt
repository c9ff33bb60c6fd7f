--TEST--
Parent killed while a forked child lives: free; the control stays locked
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
foreach ([
    'sitelock' => '$lock = new Sitelock\FileLock($path); $lock->acquire();',
    'control: fopen(c+e) and flock' => '$lock = fopen($path, "c+e"); flock($lock, LOCK_EX);',
] as $name => $how) {
    $child = new Child($how . ' if (!$pid = pcntl_fork()) { say((string) getmypid()); hear(); hear(); exit; } pcntl_waitpid($pid, $s);', $path);
    $grandchild = (int) $child->hear();
    posix_kill($child->pid(), SIGKILL);
    wait_until_dead($child->pid());
    echo "$name: ", is_dir("/proc/$grandchild") ? '' : 'THE CHILD IS GONE, ', is_locked($path) ? 'still locked' : 'free', "\n";
    posix_kill($grandchild, SIGKILL);
    $child->wait();
}
?>
--EXPECT--
sitelock: free
control: fopen(c+e) and flock: still locked
