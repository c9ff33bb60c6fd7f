--TEST--
The constructor refuses what cannot be right, and touches nothing
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
foreach ([0, 0400, 0177, 01600, 04755, 010600, -1] as $permissions) {
    thrown(function () use ($path, $permissions) { new Sitelock\FileLock($path, '', $permissions); });
}
foreach (['', "a\0b", 'directory/', 'phar://tool.phar/lock', 'file:///tmp/lock'] as $bad) {
    thrown(function () use ($bad) { new Sitelock\FileLock($bad); });
}
thrown(function () { new Sitelock\FileLock(str_repeat('/x', 3000)); });
foreach ([[], [[]], ['x', []], ['x', '', 'y'], ['x', '', 0600, true, 1]] as $arguments) {
    try {
        new Sitelock\FileLock(...$arguments);
        echo "nothing thrown\n";
    } catch (TypeError $e) {
        echo "TypeError\n";
    }
}
new Sitelock\FileLock($path);
check('constructing creates nothing', !file_exists($path));
?>
--EXPECT--
ValueError or InvalidArgumentException: Argument ($permissions) must be between 0600 and 0777, readable and writable by the owner
ValueError or InvalidArgumentException: Argument ($permissions) must be between 0600 and 0777, readable and writable by the owner
ValueError or InvalidArgumentException: Argument ($permissions) must be between 0600 and 0777, readable and writable by the owner
ValueError or InvalidArgumentException: Argument ($permissions) must be between 0600 and 0777, readable and writable by the owner
ValueError or InvalidArgumentException: Argument ($permissions) must be between 0600 and 0777, readable and writable by the owner
ValueError or InvalidArgumentException: Argument ($permissions) must be between 0600 and 0777, readable and writable by the owner
ValueError or InvalidArgumentException: Argument ($permissions) must be between 0600 and 0777, readable and writable by the owner
ValueError or InvalidArgumentException: Argument ($path) must not be empty
ValueError or InvalidArgumentException: Argument ($path) must not contain any null bytes
ValueError or InvalidArgumentException: Argument ($path) must not end in a slash
ValueError or InvalidArgumentException: Argument ($path) must be a plain path: a stream cannot be locked
ValueError or InvalidArgumentException: Argument ($path) must be a plain path: a stream cannot be locked
Sitelock\SystemException: expand_filepath(x): File name too long
TypeError
TypeError
TypeError
TypeError
TypeError
ok constructing creates nothing
