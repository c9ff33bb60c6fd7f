--TEST--
A forked child can neither keep nor free the lock, and a started program has nothing of it
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    $record = record($path);
    $quiet = function () { ini_set('display_errors', '0'); ini_set('log_errors', '0'); };
    foreach ([
        'exit' => function () { exit(0); },
        'exit(1)' => function () { exit(1); },
        'destructor' => function () { unset($GLOBALS['lock']); exit(0); },
        'release()' => function () use ($lock) { $lock->release(); $lock->release(); exit(0); },
        'acquire(), release()' => function () use ($lock) { exit($lock->acquire() || $lock->release() ? 1 : 0); },
        'breakStale()' => function () use ($lock) { exit($lock->breakStale() ? 1 : 0); },
        'isAcquired(), held()' => function () use ($lock) { exit($lock->isAcquired() || Sitelock\held() !== [] ? 1 : 0); },
        'getHolders()' => function () use ($lock) {
            $h = $lock->getHolders();
            exit(count($h) === 1 && $h[0]->getPid() === posix_getppid() && !$h[0]->isSelf() && $h[0]->isAncestor() && !$h[0]->isInherited() ? 0 : 1);
        },
        'descriptors' => function () use ($record) { exit(in_array($record, open_files(getmypid()), true) ? 1 : 0); },
        'fatal error' => function () use ($quiet) { $quiet(); nothing_of_this_name(); },
        'exec' => function () { pcntl_exec('/bin/true'); },
        'SIGKILL' => function () { posix_kill(getmypid(), SIGKILL); },
        'a fork of its own' => function () use ($lock) { if ($pid = pcntl_fork()) { pcntl_waitpid($pid, $s); } else { $lock->release(); } exit(0); },
    ] as $what => $child) {
        if (!$pid = pcntl_fork()) {
            $child();
        }
        pcntl_waitpid($pid, $status);
        $as_meant = in_array($what, ['exit(1)', 'fatal error', 'SIGKILL'], true) || pcntl_wexitstatus($status) === 0;
        check("$method, $what", $as_meant && $lock->isAcquired() && record($path) === $record && is_directory_locked($path));
    }
    $lock->release();
    check('nothing is lost, nothing is left', entries(dirname($path)) === []);
}

// A child that takes it itself.
if (!$pid = pcntl_fork()) {
    $got = $lock->acquire() && $lock->getHolders()[0]->isSelf() && $lock->getHolders()[0]->getPid() === getmypid();
    $lock->release();
    exit($got ? 0 : 1);
}
pcntl_waitpid($pid, $status);
check('free, a child may have it', pcntl_wexitstatus($status) === 0 && entries(dirname($path)) === []);

$parent = new Child('$lock = new Sitelock\DirectoryLock($path); $lock->acquire(); if (!$pid = pcntl_fork()) { say((string) getmypid()); hear(); hear(); exit; } pcntl_waitpid($pid, $s);', $path);
$child = (int) $parent->hear();
posix_kill($parent->pid(), SIGKILL);
wait_until_dead($parent->pid());
check('the parent is killed, its child lives: free at once', is_dir("/proc/$child") && $lock->getHolders() === [] && $lock->acquire());
$lock->release();
posix_kill($child, SIGKILL);
$parent->wait();

// One that lives on when its parent, who waits, is killed.
$holder = directory_holder($path);
$waiter = new Child('pcntl_async_signals(true); pcntl_signal(SIGUSR1, function () { if (!$pid = pcntl_fork()) { say((string) getmypid()); hear(); hear(); exit; } });
    (new Sitelock\DirectoryLock($path))->acquire(INF);', $path);
wait_for_waiters(record($path), 1);
posix_kill($waiter->pid(), SIGUSR1);
$child = (int) $waiter->hear();
posix_kill($waiter->pid(), SIGKILL);
wait_until_dead($waiter->pid());
$holder->wait();
check('a waiter is killed, its child lives: what it had prepared is collected', is_dir("/proc/$child") && $lock->breakStale() === false && entries(dirname($path)) === []);
posix_kill($child, SIGKILL);
$waiter->wait();

$list = 'ls -l /proc/self/fd';
$ways = [
    'exec' => function () use ($list) { exec($list, $lines); return implode("\n", $lines) . "\n"; },
    'proc_open' => function () use ($list) {
        $process = proc_open(explode(' ', $list), [1 => ['pipe', 'w']], $pipes);
        return stream_get_contents($pipes[1]);
    },
    'pcntl_exec in a child' => function () use ($list) {
        $out = test_path('out');
        if (!$child = pcntl_fork()) {
            pcntl_exec('/bin/sh', ['-c', "$list > $out"]);
        }
        pcntl_waitpid($child, $status);
        return file_get_contents($out);
    },
];
$in = dirname($path);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    foreach ($ways as $way => $run) {
        check("$method, $way", strpos($run(), $in) === false && strpos($run(), '/proc/') !== false);
    }
    check('still held', $lock->isAcquired());
    $lock->release();
}
$holder = directory_holder($path);
$lock->acquire(0.6, function () use ($ways, $in) { // while it waits, too
    foreach ($ways as $way => $run) {
        check("waiting, $way", strpos($run(), $in) === false && strpos($run(), '/proc/') !== false);
    }
});
$holder->wait();
$open = fopen("$path.control", 'c+');
check('control: fopen(c+)', strpos($ways['exec'](), $in) !== false);
unlink("$path.control");
check('nothing is left', entries($in) === []);
?>
--EXPECT--
ok acquire, exit
ok acquire, exit(1)
ok acquire, destructor
ok acquire, release()
ok acquire, acquire(), release()
ok acquire, breakStale()
ok acquire, isAcquired(), held()
ok acquire, getHolders()
ok acquire, descriptors
ok acquire, fatal error
ok acquire, exec
ok acquire, SIGKILL
ok acquire, a fork of its own
ok nothing is lost, nothing is left
ok acquireShared, exit
ok acquireShared, exit(1)
ok acquireShared, destructor
ok acquireShared, release()
ok acquireShared, acquire(), release()
ok acquireShared, breakStale()
ok acquireShared, isAcquired(), held()
ok acquireShared, getHolders()
ok acquireShared, descriptors
ok acquireShared, fatal error
ok acquireShared, exec
ok acquireShared, SIGKILL
ok acquireShared, a fork of its own
ok nothing is lost, nothing is left
ok free, a child may have it
ok the parent is killed, its child lives: free at once
ok a waiter is killed, its child lives: what it had prepared is collected
ok acquire, exec
ok acquire, proc_open
ok acquire, pcntl_exec in a child
ok still held
ok acquireShared, exec
ok acquireShared, proc_open
ok acquireShared, pcntl_exec in a child
ok still held
ok waiting, exec
ok waiting, proc_open
ok waiting, pcntl_exec in a child
ok control: fopen(c+)
ok nothing is left
