--TEST--
record: false leaves the content alone, and is told all the same
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(); say("locked"); hear();', $path);
$child->hear();
$child->kill();
$before = file_get_contents($path);
$silent = new Sitelock\FileLock($path, 'silent', 0600, false);
check('acquired', $silent->acquire());
check('told of the dead owner', count($silent->getAbandonedBy()) === 1);
check('content as before', file_get_contents($path) === $before);
$holder = $silent->getHolders()[0];
check('the holder is the process, not the record', $holder->getPid() === getmypid() && $holder->getSince() === null && $holder->getLabel() === '');
$silent->release();
check('content as before, after release too', file_get_contents($path) === $before);
$lock = new Sitelock\FileLock($path);
$lock->acquire();
check('the next one is told as well', count($lock->getAbandonedBy()) === 1);

$silent = new Sitelock\FileLock("$path.empty", '', 0600, false);
$silent->acquire();
check('a file it makes is empty', filesize("$path.empty") === 0);
?>
--EXPECT--
ok acquired
ok told of the dead owner
ok content as before
ok the holder is the process, not the record
ok content as before, after release too
ok the next one is told as well
ok a file it makes is empty
