--TEST--
Outside open_basedir: UnsafePathException, whenever it is set
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$child = new Child('$lock = new Sitelock\FileLock($path);
    ini_set("open_basedir", "/usr");
    foreach ([
        function () use ($lock) { $lock->acquire(); },
        function () use ($lock) { $lock->getHolders(); },
        function () use ($path) { new Sitelock\FileLock($path); },
    ] as $call) { thrown($call); }
    check("inside it is allowed", (new Sitelock\FileLock("/usr/no-such-lock"))->getHolders() === []);', $path);
while (($line = $child->hear()) !== null) {
    echo "$line\n";
}
check('nothing was made', !file_exists($path));
?>
--EXPECT--
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
ok inside it is allowed
ok nothing was made
