--TEST--
Looking at holders does not touch a FIFO: its waiting writer goes on waiting
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
posix_mkfifo($path, 0600);
thrown(function () use ($path) { (new Sitelock\FileLock($path))->getHolders(); });
$reader = fopen($path, 'r+');
stream_set_blocking($reader, false);
check('nothing in it', fread($reader, 10) === '');
?>
--EXPECT--
Sitelock\UnsafePathException: lock is not a regular file, so it cannot be a lock
ok nothing in it
