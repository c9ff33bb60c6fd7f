--TEST--
A program started by exec, shell_exec, proc_open, popen or pcntl_exec does not have the descriptor
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$list = 'ls -l /proc/self/fd';
$ways = [
    'exec' => function () use ($list) { exec($list, $lines); return implode("\n", $lines) . "\n"; },
    'shell_exec' => function () use ($list) { return shell_exec($list); },
    'proc_open' => function () use ($list) {
        $process = proc_open(explode(' ', $list), [1 => ['pipe', 'w']], $pipes);
        return stream_get_contents($pipes[1]);
    },
    'popen' => function () use ($list) { return stream_get_contents(popen($list, 'r')); },
    'pcntl_exec' => function () use ($path) {
        $out = "$path.out";
        if (!$child = pcntl_fork()) {
            pcntl_exec('/bin/sh', ['-c', "ls -l /proc/self/fd > $out"]);
        }
        pcntl_waitpid($child, $status);
        return file_get_contents($out);
    },
];
$lock = new Sitelock\FileLock($path);
$lock->acquire();
foreach ($ways as $way => $run) {
    check($way, strpos($run(), "$path\n") === false && strpos($run(), '/proc/') !== false);
}
check('still held', is_locked($path));
$lock->release();
$file = fopen($path, 'c+');
flock($file, LOCK_EX);
foreach ($ways as $way => $run) {
    check("control: fopen(c+) and $way", strpos($run(), "$path\n") !== false);
}
?>
--EXPECT--
ok exec
ok shell_exec
ok proc_open
ok popen
ok pcntl_exec
ok still held
ok control: fopen(c+) and exec
ok control: fopen(c+) and shell_exec
ok control: fopen(c+) and proc_open
ok control: fopen(c+) and popen
ok control: fopen(c+) and pcntl_exec
