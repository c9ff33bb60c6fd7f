--TEST--
A lock cannot be cloned, serialized, compared, extended or made twice
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$other = new Sitelock\FileLock($path);
foreach ([
    'clone' => function () use ($lock) { clone $lock; },
    'serialize' => function () use ($lock) { serialize($lock); },
    'unserialize' => function () { return unserialize('O:17:"Sitelock\FileLock":0:{}'); },
    'construct twice' => function () use ($lock, $path) { $lock->__construct($path); },
    'without constructor' => function () { (new ReflectionClass('Sitelock\FileLock'))->newInstanceWithoutConstructor(); },
    'holder by hand' => function () { new Sitelock\Holder(); },
] as $what => $try) {
    try {
        $refused = @$try() === false; // before 8.1 unserialize() only warns
        echo "$what: ", $refused ? 'refused' : 'nothing thrown', "\n";
    } catch (Throwable $e) {
        echo "$what: refused\n";
    }
}
check('two locks on one path are not equal', $lock != $other && !($lock == $other));
check('a lock is equal to itself', $lock == $lock);
?>
--EXPECT--
clone: refused
serialize: refused
unserialize: refused
construct twice: refused
without constructor: refused
holder by hand: refused
ok two locks on one path are not equal
ok a lock is equal to itself
