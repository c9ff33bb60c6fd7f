--TEST--
getHolders() of a lock that was never taken: [], and nothing is created
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
check('missing', $lock->getHolders() === [] && !file_exists($path));
touch($path, 1000000000, 1000000000);
check('free', $lock->getHolders() === []);
clearstatcache();
check('untouched', filesize($path) === 0 && filemtime($path) === 1000000000);
?>
--EXPECT--
ok missing
ok free
ok untouched
