--TEST--
From another pid namespace the holder is unknown, never [] while busy and never a wrong pid
--SKIPIF--
<?php
if (posix_geteuid() !== 0) die('skip needs root');
exec('unshare --pid --fork --mount-proc true 2>&1', $output, $status);
if ($status !== 0) die('skip needs the right to make a pid namespace: ' . implode($output));
?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$look = '$lock = new Sitelock\FileLock($path); $busy = !$lock->acquire(); $holders = $lock->getHolders();
    if (!$busy) { $lock->release(); }
    say(($busy ? "busy" : "free") . ", " . count($holders) . " holder, pid " . var_export($holders ? $holders[0]->getPid() : "-", true)
        . ", alive " . var_export($holders ? $holders[0]->isAlive() : "-", true) . ", label " . ($holders ? $holders[0]->getLabel() : "-"));';
$inside = function (string $code) use ($path) {
    $command = array_merge(['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'],
        php_command(['-r', '$path = ' . var_export($path, true) . '; require ' . var_export(realpath(__DIR__ . '/../helper.inc'), true) . ';' . $code]));
    return proc_open($command, [['pipe', 'r'], ['pipe', 'w']], $GLOBALS['pipes']);
};
$child = new Child('$lock = new Sitelock\FileLock($path, "outside"); $lock->acquire(); say("locked"); hear();', $path);
$child->hear();
$process = $inside($look);
echo 'held outside, seen from inside: ', fgets($pipes[1]);
proc_close($process);
$child->kill();

$child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquireShared(); say("locked"); hear();', "$path.shared");
$child->hear();
$process = $inside(str_replace('$path)', '"$path.shared")', $look));
echo 'held shared outside, seen from inside: ', fgets($pipes[1]);
proc_close($process);
$child->kill();
$process = $inside(str_replace('$path)', '"$path.shared")', $look));
echo 'free, seen from inside: ', fgets($pipes[1]);
proc_close($process);

$process = $inside('$lock = new Sitelock\FileLock($path, "inside"); $lock->acquire(); say("locked"); hear();');
fgets($pipes[1]);
$holders = (new Sitelock\FileLock($path))->getHolders();
$comm = count($holders) === 1 ? trim(file_get_contents('/proc/' . $holders[0]->getPid() . '/comm')) : '';
check('held inside, seen from outside: the process, by its pid out here', count($holders) === 1 && strpos(basename(PHP_BINARY), $comm) === 0 && $holders[0]->isAlive());
fclose($pipes[0]);
proc_close($process);
?>
--EXPECT--
held outside, seen from inside: busy, 1 holder, pid NULL, alive NULL, label outside
held shared outside, seen from inside: busy, 1 holder, pid NULL, alive NULL, label 
free, seen from inside: free, 1 holder, pid 1, alive true, label 
ok held inside, seen from outside: the process, by its pid out here
