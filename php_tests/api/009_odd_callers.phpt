--TEST--
Callables by reference, exceptions made by hand, a removed working directory, bytes that no label has
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$x = 7;
check('a callable that returns by reference', $lock->synchronized(function &() use (&$x) { return $x; }) === 7);
check('a BusyException made by hand', (new Sitelock\BusyException('mine'))->getHolders() === []);
thrown(function () use ($path) { new Sitelock\FileLock($path, "a\0b"); });

posix_mkfifo(test_path('fifo'), 0600);
mkdir(test_path('gone'));
chdir(test_path('gone'));
rmdir(test_path('gone'));
try {
    (new Sitelock\FileLock('../fifo'))->acquire();
} catch (Sitelock\LockException $e) {
    check('a relative path without a working directory is refused at once', true);
}
chdir('/');
?>
--EXPECT--
ok a callable that returns by reference
ok a BusyException made by hand
ValueError or InvalidArgumentException: Argument ($label) must not contain any null bytes
ok a relative path without a working directory is refused at once
