--TEST--
Shared holders write nothing, and their death is no abandonment
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquireShared(); say("locked"); hear();', $path);
$child->hear();
check('the file is empty', filesize($path) === 0);
$child->kill();
$lock = new Sitelock\FileLock($path);
check('nothing to report', $lock->acquire() && $lock->getAbandonedBy() === []);
?>
--EXPECT--
ok the file is empty
ok nothing to report
