--TEST--
A relative path is resolved when the lock is constructed
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$directory = dirname(test_path());
chdir($directory);
$lock = new Sitelock\FileLock('./a/../relative');
chdir('/');
check('the path is absolute and clean', $lock->getPath() === "$directory/relative");
check('the lock is where it was constructed', $lock->acquire() && is_file("$directory/relative"));
mkdir("$directory/gone");
chdir("$directory/gone");
rmdir("$directory/gone");
try {
    (new Sitelock\FileLock('relative'))->acquire();
} catch (Sitelock\SystemException $e) {
    check('in a removed directory it is an error', $e->getCode() === 2);
}
check('an absolute path needs no working directory', (new Sitelock\FileLock("$directory/other"))->acquire());
chdir('/');
?>
--EXPECT--
ok the path is absolute and clean
ok the lock is where it was constructed
ok in a removed directory it is an error
ok an absolute path needs no working directory
