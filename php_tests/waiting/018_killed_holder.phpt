--TEST--
The holder is killed while others wait: the next one has it at once, and is told; nobody is told of a killed waiter
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
foreach (['acquire', 'acquireShared'] as $method) {
    $holder = holder($path);
    $watch = new Child('wait_for_waiters($path, 1); usleep(100000); posix_kill(' . $holder->pid() . ', SIGKILL); say((string) hrtime(true));', $path);
    $got = $lock->$method(60.0);
    $now = hrtime(true);
    $killed = (int) $watch->hear();
    check("$method: acquired", $got);
    check('soon after the kill', $now - $killed < 900000000);
    $abandoned = $lock->getAbandonedBy();
    check('told', count($abandoned) === 1 && $abandoned[0]->getPid() === $holder->pid() && $abandoned[0]->getEnd() === 'killed or crashed');
    $lock->release();
    $lock->acquire();
    $lock->markConsistent();
    $lock->release();
    $holder->wait();
    $watch->wait();
}

// A child of the dead one lives on, which is no reason to wait for it.
$holder = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire();
    $sleeper = proc_open(["sleep", "60"], [["file", "/dev/null", "r"], ["file", "/dev/null", "w"], ["file", "/dev/null", "w"]], $pipes);
    say((string) proc_get_status($sleeper)["pid"]); hear();', $path);
$sleeper = (int) $holder->hear();
$watch = new Child('wait_for_waiters($path, 1); posix_kill(' . $holder->pid() . ', SIGKILL);', $path);
check('nor for its children', $lock->acquire(30.0) && is_dir("/proc/$sleeper"));
posix_kill($sleeper, SIGKILL);
$holder->wait();
$watch->wait();
$lock->markConsistent();

$waiter = new Child('(new Sitelock\FileLock($path))->acquire(INF);', $path);
wait_for_waiters($path, 1);
$waiter->kill();
check('a killed waiter leaves the queue', wait_for_waiters($path, 0));
$lock->release();
check('and nothing else behind', $lock->acquire() && $lock->getAbandonedBy() === []);
?>
--EXPECT--
ok acquire: acquired
ok soon after the kill
ok told
ok acquireShared: acquired
ok soon after the kill
ok told
ok nor for its children
ok a killed waiter leaves the queue
ok and nothing else behind
