--TEST--
A forked child holds nothing, changes nothing, and has no descriptor; nor has a started program
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before = rest($path);
$lock = new Sitelock\BorgLock($path, HOST);
$twin = new Sitelock\BorgLock($path, HOST);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    $method === 'acquireShared' && $twin->acquireShared();
    $state = lock_state($path);
    $quiet = function () { ini_set('display_errors', '0'); ini_set('log_errors', '0'); };
    foreach ([
        'exit' => function () { exit(0); },
        'exit(1)' => function () { exit(1); },
        'destructor' => function () { unset($GLOBALS['lock'], $GLOBALS['twin']); exit(0); },
        'release()' => function () use ($lock, $twin) { $lock->release(); $lock->release(); $twin->release(); exit(0); },
        'acquire(), release()' => function () use ($lock) { exit($lock->acquire() || $lock->release() ? 1 : 0); },
        'breakStale()' => function () use ($lock) { exit($lock->breakStale() ? 1 : 0); },
        'isAcquired(), held()' => function () use ($lock) { exit($lock->isAcquired() || Sitelock\held() !== [] ? 1 : 0); },
        'getHolders()' => function () use ($lock) {
            $h = $lock->getHolders();
            exit(count($h) === 1 && $h[0]->getPid() === posix_getppid() && !$h[0]->isSelf() && $h[0]->isAncestor() && !$h[0]->isInherited() ? 0 : 1);
        },
        'descriptors' => function () use ($path) { exit(strpos(implode("\n", open_files(getmypid())), $path) !== false ? 1 : 0); },
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
        check("$method, $what", $as_meant && $lock->isAcquired() && lock_state($path) === $state);
    }
    if ($method === 'acquireShared') {
        // A child that reads too is a reader of its own.
        if (!$pid = pcntl_fork()) {
            $mine = new Sitelock\BorgLock($path, HOST);
            $good = $mine->acquireShared() && $lock->acquireShared() && roster($path) === '{"shared": [' . roster_entry(posix_getppid()) . ', ' . roster_entry(getmypid()) . ']}';
            $mine->release();
            $good = $good && $lock->isAcquired();
            exit($good ? 0 : 1);
        }
        pcntl_waitpid($pid, $status);
        check('a child that reads too is a reader of its own', pcntl_wexitstatus($status) === 0 && $lock->isAcquired() && roster($path) === '{"shared": [' . roster_entry(getmypid()) . ']}');
        $twin->release();
        check('still counted', $lock->isAcquired());
    }
    $lock->release();
    check('nothing is lost, nothing is left', lock_files($path) === []);
}

foreach (['acquire', 'acquireShared'] as $method) {
    if (!$pid = pcntl_fork()) {
        $got = $lock->$method() && $lock->getHolders()[0]->isSelf() && $lock->getHolders()[0]->getPid() === getmypid();
        $lock->release();
        exit($got ? 0 : 1);
    }
    pcntl_waitpid($pid, $status);
    check("free, a child may have it, $method", pcntl_wexitstatus($status) === 0 && lock_files($path) === []);

    $parent = new Child('$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $lock->' . $method . '(); if (!$pid = pcntl_fork()) { say((string) getmypid()); hear(); hear(); exit; } pcntl_waitpid($pid, $s);', $path);
    $child = (int) $parent->hear();
    posix_kill($parent->pid(), SIGKILL);
    // A zombie is a process, to borg as to us: its parent has to wait for it.
    pcntl_waitpid($parent->pid(), $status);
    check('the parent is killed, its child lives: free', is_dir("/proc/$child") && $lock->getHolders() === [] && $lock->acquire());
    $lock->release();
    posix_kill($child, SIGKILL);
    $parent->wait();
    check('nothing is left', lock_files($path) === []);

    // A parent that ends in good order while the child lives.
    $parent = new Child('$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $lock->' . $method . '(); if (!$pid = pcntl_fork()) { say((string) getmypid()); hear(); exit; } exit;', $path);
    $child = (int) $parent->hear();
    pcntl_waitpid($parent->pid(), $status);
    check('the parent ends, its child lives: free', is_dir("/proc/$child") && lock_files($path) === []);
    $parent->wait();
    check('the child has changed nothing', lock_files($path) === []);
}

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
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    foreach ($ways as $way => $run) {
        check("$method, $way", strpos($run(), $path) === false && strpos($run(), '/proc/') !== false);
    }
    check('still held', $lock->isAcquired());
    $lock->release();
    $holder = borg_holder($path, $method);
    $lock->acquire(0.6, function () use ($ways, $path, $method) { // while it waits, too
        foreach ($ways as $way => $run) {
            check("waiting beside $method, $way", strpos($run(), $path) === false && strpos($run(), '/proc/') !== false);
        }
    });
    $holder->wait();
}
$open = fopen("$path/config", 'r');
check('control: fopen()', strpos($ways['exec'](), $path) !== false);
check('nothing is left, nothing else was touched', lock_files($path) === [] && rest($path) === $before);
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
ok a child that reads too is a reader of its own
ok still counted
ok nothing is lost, nothing is left
ok free, a child may have it, acquire
ok the parent is killed, its child lives: free
ok nothing is left
ok the parent ends, its child lives: free
ok the child has changed nothing
ok free, a child may have it, acquireShared
ok the parent is killed, its child lives: free
ok nothing is left
ok the parent ends, its child lives: free
ok the child has changed nothing
ok acquire, exec
ok acquire, proc_open
ok acquire, pcntl_exec in a child
ok still held
ok waiting beside acquire, exec
ok waiting beside acquire, proc_open
ok waiting beside acquire, pcntl_exec in a child
ok acquireShared, exec
ok acquireShared, proc_open
ok acquireShared, pcntl_exec in a child
ok still held
ok waiting beside acquireShared, exec
ok waiting beside acquireShared, proc_open
ok waiting beside acquireShared, pcntl_exec in a child
ok control: fopen()
ok nothing is left, nothing else was touched
