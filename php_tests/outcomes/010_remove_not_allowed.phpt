--TEST--
remove() in a directory that does not allow it: an error, and the lock is still held
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path('open/lock');
mkdir(dirname($path), 0777);
chmod(dirname($path), 01777);
touch($path);
chmod($path, 0666);
$child = new Child('become_nobody(); $lock = new Sitelock\FileLock($path, "", 0666); $lock->acquire();
    try { $lock->remove(); } catch (Sitelock\SystemException $e) { say("errno " . $e->getCode()); }
    say($lock->isAcquired() ? "still held" : "lost");', $path);
echo $child->hear(), "\n", $child->hear(), "\n";
$child->wait();
check('the file is there', is_file($path));
?>
--EXPECT--
errno 1
still held
ok the file is there
