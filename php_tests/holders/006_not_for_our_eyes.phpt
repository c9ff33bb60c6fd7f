--TEST--
Of a process that we may not look into, the record is the proof; without it the holder is unknown
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$look = 'become_nobody(); $h = (new Sitelock\FileLock($path, "", 0666))->getHolders();
    say(count($h) . " holder, pid " . ($h[0]->getPid() === PID ? "right" : var_export($h[0]->getPid(), true)) . ", alive " . var_export($h[0]->isAlive(), true) . ", label " . $h[0]->getLabel());';
chmod(dirname($path), 0755);
foreach ([
    'with a record' => 'new Sitelock\FileLock($path, "root", 0666)',
    'without one' => 'new Sitelock\FileLock($path, "root", 0666, false)',
] as $name => $how) {
    $child = new Child('$lock = ' . $how . '; $lock->acquire(); say("locked"); hear();', $path);
    $child->hear();
    $other = new Child(str_replace('PID', (string) $child->pid(), $look), $path);
    echo "$name: ", $other->hear(), "\n";
    $other->wait();
    $child->wait();
    unlink($path);
}
?>
--EXPECT--
with a record: 1 holder, pid right, alive true, label root
without one: 1 holder, pid NULL, alive NULL, label
