--TEST--
A private lock file of a foreign owner is refused by name; shared on purpose it is not
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
touch($path);
chown($path, 65534);
thrown(function () use ($path) { (new Sitelock\FileLock($path))->acquire(); });
thrown(function () use ($path) { (new Sitelock\FileLock($path))->acquireShared(); });
check('untouched', filesize($path) === 0);
check('with group bits it is shared on purpose', (new Sitelock\FileLock($path, '', 0660))->acquire());
chown($path, 0);
chmod($path, 0666);
$child = new Child('become_nobody(); say((new Sitelock\FileLock($path))->acquire() ? "acquired" : "busy");', $path);
check('root\'s is trusted', $child->hear() === 'acquired');
$child->wait();
?>
--EXPECT--
Sitelock\UnsafePathException: lock belongs to nobody, and a private lock file must be ours or root's; to share it on purpose, give $permissions with group or other bits
Sitelock\UnsafePathException: lock belongs to nobody, and a private lock file must be ours or root's; to share it on purpose, give $permissions with group or other bits
ok untouched
ok with group bits it is shared on purpose
ok root's is trusted
