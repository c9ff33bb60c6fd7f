--TEST--
$onWait: false gives up, anything else goes on, what it throws comes out
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$holder = holder($path);
$lock = new Sitelock\FileLock($path);
$false = false;
foreach ([
    'acquire' => function ($on_wait) use ($lock) { return $lock->acquire(INF, $on_wait); },
    'acquireShared' => function ($on_wait) use ($lock) { return $lock->acquireShared(INF, $on_wait); },
    'LockSet::acquire' => function ($on_wait) use ($lock) { return (new Sitelock\LockSet([$lock]))->acquire(INF, $on_wait); },
    'synchronized' => function ($on_wait) use ($lock) { return $lock->synchronized(function () { echo "never\n"; }, INF, $on_wait); },
    'LockSet::synchronized' => function ($on_wait) use ($lock) { return (new Sitelock\LockSet([$lock]))->synchronized(function () { echo "never\n"; }, INF, $on_wait); },
] as $name => $wait) {
    foreach ([
        'false' => function () { return false; },
        'false by reference' => function &() use (&$false) { return $false; },
        'false later' => function ($lock, $waited) { return $waited < 0.5; },
        'throws' => function () { throw new DomainException('mine'); },
    ] as $what => $on_wait) {
        try {
            $outcome = var_export($wait($on_wait), true);
        } catch (Sitelock\BusyException $e) {
            $outcome = 'BusyException of pid ' . ($e->getHolders()[0]->getPid() === $holder->pid() ? 'holder' : 'WRONG');
        } catch (DomainException $e) {
            $outcome = $e->getMessage();
        }
        echo "$name, $what: $outcome\n";
        if (waiters($path) !== 0 || (new Sitelock\FileLock($path))->getWaitersAhead() !== 0 || $lock->isAcquired()) {
            echo "NOT OK nobody waits, nothing is held\n";
        }
    }
}
foreach ([null, true, 0, 0.0, '', '0', []] as $answer) {
    $took = seconds(function () use ($lock, $answer) {
        check('goes on after ' . str_replace("\n", '', var_export($answer, true)), $lock->acquire(0.15, function () use ($answer) { return $answer; }) === false);
    });
    check('till the end', $took >= 0.15);
}
$holder->tell('release');
$holder->hear();
check('and it can be acquired', $lock->acquire(0.0, function () { echo "never\n"; }));
$holder->wait();
?>
--EXPECT--
acquire, false: false
acquire, false by reference: false
acquire, false later: false
acquire, throws: mine
acquireShared, false: false
acquireShared, false by reference: false
acquireShared, false later: false
acquireShared, throws: mine
LockSet::acquire, false: false
LockSet::acquire, false by reference: false
LockSet::acquire, false later: false
LockSet::acquire, throws: mine
synchronized, false: BusyException of pid holder
synchronized, false by reference: BusyException of pid holder
synchronized, false later: BusyException of pid holder
synchronized, throws: mine
LockSet::synchronized, false: BusyException of pid holder
LockSet::synchronized, false by reference: BusyException of pid holder
LockSet::synchronized, false later: BusyException of pid holder
LockSet::synchronized, throws: mine
ok goes on after NULL
ok till the end
ok goes on after true
ok till the end
ok goes on after 0
ok till the end
ok goes on after 0.0
ok till the end
ok goes on after ''
ok till the end
ok goes on after '0'
ok till the end
ok goes on after array ()
ok till the end
ok and it can be acquired
