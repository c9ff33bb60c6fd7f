--TEST--
The kernel says who holds it, whatever the record says
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$flock = proc_open(['flock', $path, 'sh', '-c', 'echo locked; read line'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
fgets($pipes[1]);
$lock = new Sitelock\FileLock($path);
check('busy', $lock->acquire() === false);
$holders = $lock->getHolders();
check('flock(1) is named', count($holders) === 1 && $holders[0]->getPid() === proc_get_status($flock)['pid']
    && strpos($holders[0]->getCommand(), "flock $path sh") === 0);
check('without a record nothing is made up', $holders[0]->getSince() === null && $holders[0]->getLabel() === '');
check('exclusive, alive', !$holders[0]->isShared() && $holders[0]->isAlive());
fwrite($pipes[0], "\n");
fclose($pipes[0]);
proc_close($flock);
check('free', $lock->getHolders() === []);

$child = new Child('$lock = new Sitelock\FileLock($path, "first"); $lock->acquire(); say("locked"); hear();', $path);
$child->hear();
$child->kill();
$flock = proc_open(['flock', '-s', $path, 'sh', '-c', 'echo locked; read line'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
fgets($pipes[1]);
$holders = $lock->getHolders();
check('a stale record names nobody', count($holders) === 1 && $holders[0]->isShared() && $holders[0]->getLabel() === ''
    && $holders[0]->getPid() === proc_get_status($flock)['pid']);
fclose($pipes[0]);
proc_close($flock);
?>
--EXPECT--
ok busy
ok flock(1) is named
ok without a record nothing is made up
ok exclusive, alive
ok free
ok a stale record names nobody
