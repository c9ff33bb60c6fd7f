--TEST--
$timeout is a number of seconds, 0 or more, and $onWait a callable; anything else touches nothing
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path);
$set = new Sitelock\LockSet([$lock]);
$critical = function () { echo "never\n"; };
$methods = [
    'acquire' => function (...$wait) use ($lock) { return $lock->acquire(...$wait); },
    'acquireShared' => function (...$wait) use ($lock) { return $lock->acquireShared(...$wait); },
    'synchronized' => function (...$wait) use ($lock, $critical) { return $lock->synchronized($critical, ...$wait); },
    'LockSet::acquire' => function (...$wait) use ($set) { return $set->acquire(...$wait); },
    'LockSet::synchronized' => function (...$wait) use ($set, $critical) { return $set->synchronized($critical, ...$wait); },
];
foreach ($methods as $name => $method) {
    echo "$name:\n";
    foreach ([NAN, -1.0, -1, -INF, -PHP_FLOAT_MIN] as $timeout) {
        thrown(function () use ($method, $timeout) { $method($timeout); });
    }
    $refused = 0;
    foreach ([['soon'], [[]], [1.0, 'no_such_function'], [1.0, 1], [0.0, []], [1.0, null, 1]] as $wait) {
        try {
            $method(...$wait);
        } catch (TypeError $e) { // ArgumentCountError is one
            $refused++;
        }
    }
    check('wrong types are refused', $refused === 6);
}
check('nothing was touched', !file_exists($path) && $lock->getHolders() === []);

$lock->acquire();
thrown(function () use ($lock) { $lock->acquire(NAN); });
check('also when it is held already, and it stays held', is_locked($path));
$lock->release();

foreach (['0.0' => 0.0, '-0.0' => -0.0, '0' => 0, '1' => 1, 'tiny' => PHP_FLOAT_MIN, 'huge' => PHP_FLOAT_MAX, 'PHP_INT_MAX' => PHP_INT_MAX, 'INF' => INF] as $name => $timeout) {
    $got = $lock->acquire($timeout, null);
    $lock->release();
    check("$name gets a free lock", $got);
}
?>
--EXPECT--
acquire:
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ok wrong types are refused
acquireShared:
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ok wrong types are refused
synchronized:
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ok wrong types are refused
LockSet::acquire:
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ok wrong types are refused
LockSet::synchronized:
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ok wrong types are refused
ok nothing was touched
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ok also when it is held already, and it stays held
ok 0.0 gets a free lock
ok -0.0 gets a free lock
ok 0 gets a free lock
ok 1 gets a free lock
ok tiny gets a free lock
ok huge gets a free lock
ok PHP_INT_MAX gets a free lock
ok INF gets a free lock
