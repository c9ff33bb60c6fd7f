--TEST--
A wait ends in time and never early; 0 tries once; INF and what no clock can count wait for ever
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$holder = holder($path);
$lock = new Sitelock\FileLock($path);
$calls = 0;
$count = function () use (&$calls) { $calls++; };
foreach (['no timeout' => [], '0.0' => [0.0, $count], '-0.0' => [-0.0, $count], '0' => [0, $count]] as $name => $wait) {
    $took = seconds(function () use ($lock, $wait) { check('busy', $lock->acquire(...$wait) === false); });
    check("$name does not wait", $took < 1 && $calls === 0);
}

foreach (['acquire', 'acquireShared'] as $method) {
    foreach (['0.2' => 0.2, '0.000001' => 0.000001, '1' => 1] as $name => $timeout) {
        $took = seconds(function () use ($lock, $method, $timeout) { check("$method, false", $lock->$method($timeout) === false); });
        check("$name, never early and soon after" . ($took < $timeout + 0.5 ? '' : " ($took)"), $took >= $timeout && $took < $timeout + 0.5);
    }
}
$took = seconds(function () use ($lock) {
    thrown(function () use ($lock) {
        try {
            $lock->synchronized(function () { echo "never\n"; }, 0.2);
        } catch (Sitelock\BusyException $e) {
            throw new Sitelock\BusyException('busy');
        }
    });
});
check('synchronized', $took >= 0.2 && $took < 0.7);
check('nobody waits afterwards', waiters($path) === 0);
$holder->wait();

// The holder goes when it sees that somebody waits.
$until_somebody_waits = '$lock = new Sitelock\FileLock($path);
    while (true) { $lock->acquire(INF); say("locked"); wait_for_waiters($path, 1); $lock->release(); if (hear() === "") { break; } }';
$holder = new Child($until_somebody_waits, $path);
foreach ([
    'INF' => function () use ($lock) { return $lock->acquire(INF); },
    'shared, INF' => function () use ($lock) { return $lock->acquireShared(INF); },
    'PHP_FLOAT_MAX' => function () use ($lock) { return $lock->acquire(PHP_FLOAT_MAX); },
    'PHP_INT_MAX' => function () use ($lock) { return $lock->acquire(PHP_INT_MAX); },
    'more nanoseconds than the clock has' => function () use ($lock) { return $lock->acquire(9223372037); },
    'synchronized without an argument' => function () use ($lock) { return $lock->synchronized(function () use ($lock) { return $lock->isAcquired(); }); },
    'control: 0.0 would not' => function () use ($lock) { return !$lock->acquire(0.0) && $lock->acquire(INF); },
] as $name => $wait) {
    $holder->hear();
    check($name, $wait());
    $lock->release();
    $holder->tell('again');
}
$holder->kill();
?>
--EXPECT--
ok busy
ok no timeout does not wait
ok busy
ok 0.0 does not wait
ok busy
ok -0.0 does not wait
ok busy
ok 0 does not wait
ok acquire, false
ok 0.2, never early and soon after
ok acquire, false
ok 0.000001, never early and soon after
ok acquire, false
ok 1, never early and soon after
ok acquireShared, false
ok 0.2, never early and soon after
ok acquireShared, false
ok 0.000001, never early and soon after
ok acquireShared, false
ok 1, never early and soon after
Sitelock\BusyException: busy
ok synchronized
ok nobody waits afterwards
ok INF
ok shared, INF
ok PHP_FLOAT_MAX
ok PHP_INT_MAX
ok more nanoseconds than the clock has
ok synchronized without an argument
ok control: 0.0 would not
