--TEST--
What the kernel refuses is a SystemException with errno, call and path
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
thrown(function () use ($path) { (new Sitelock\FileLock("$path/missing/lock"))->acquire(); });
touch($path);
thrown(function () use ($path) { (new Sitelock\FileLock("$path/lock"))->acquire(); });
thrown(function () use ($path) { (new Sitelock\FileLock(dirname($path) . '/' . str_repeat('x', 300)))->acquire(); });
try {
    (new Sitelock\FileLock("$path-missing/lock"))->acquire();
} catch (Sitelock\SystemException $e) {
    check('errno is the code', $e->getCode() === 2);
    check('the path is in the message', strpos($e->getMessage(), "open($path-missing/lock)") === 0);
}
?>
--EXPECT--
Sitelock\SystemException: open(lock): No such file or directory
Sitelock\SystemException: open(lock): Not a directory
Sitelock\SystemException: open(xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx): File name too long
ok errno is the code
ok the path is in the message
