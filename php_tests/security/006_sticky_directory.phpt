--TEST--
In a sticky directory a file of another user can be locked, and a new one made
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path('sticky/lock');
mkdir(dirname($path));
chmod(dirname($path), 01777);
touch($path);
chmod($path, 0666);
chown($path, 65534);
$setting = '/proc/sys/fs/protected_regular';
$before = file_get_contents($setting);
file_put_contents($setting, '2');
register_shutdown_function(function () use ($setting, $before) { file_put_contents($setting, $before); });
check('existing, of another user', (new Sitelock\FileLock($path, '', 0666))->acquire());
check('new', (new Sitelock\FileLock("$path.new"))->acquire());
check('control: fopen(c+) is refused', @fopen($path, 'c+') === false);
?>
--EXPECT--
ok existing, of another user
ok new
ok control: fopen(c+) is refused
