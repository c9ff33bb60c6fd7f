--TEST--
pcntl_exec() gives the lock back, unless it is inheritable
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(); pcntl_exec("/bin/sh", ["-c", "echo running; read line"]);', $path);
$child->hear();
check('free while the new program runs', !is_locked($path));
$child->tell('');
$child->wait();
$child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(); $lock->setInheritable(true); pcntl_exec("/bin/sh", ["-c", "echo running; read line"]);', $path);
$child->hear();
$holders = (new Sitelock\FileLock($path))->getHolders();
check('inheritable: the new program holds it', is_locked($path) && count($holders) === 1 && $holders[0]->getPid() === $child->pid());
$child->tell('');
$child->wait();
?>
--EXPECT--
ok free while the new program runs
ok inheritable: the new program holds it
