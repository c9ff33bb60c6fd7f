--TEST--
LockSet::synchronized() gives back what it acquired itself, not what the callable acquires, as a FileLock does
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$lock = new Sitelock\FileLock(test_path('a'));
$again = function ($object) { return function () use ($object) { $object->release(); $object->acquire(); }; };
foreach (['FileLock' => $lock, 'LockSet' => new Sitelock\LockSet([$lock, new Sitelock\FileLock(test_path('b'))])] as $name => $object) {
    $object->synchronized($again($object));
    check("$name: acquired anew by the callable, so it is its own", $object->isAcquired());
    $object->release();
    $object->acquire();
    $object->synchronized($again($object));
    check("$name: the same, and held before: synchronized() itself acquired nothing", $object->isAcquired());
    $object->release();
}
?>
--EXPECT--
ok FileLock: acquired anew by the callable, so it is its own
ok FileLock: the same, and held before: synchronized() itself acquired nothing
ok LockSet: acquired anew by the callable, so it is its own
ok LockSet: the same, and held before: synchronized() itself acquired nothing
