--TEST--
What this request has itself is not waited for: DeadlockException at once
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$lock = new Sitelock\BorgLock($path, HOST);
$other = new Sitelock\BorgLock($path, HOST);
$never = function () { echo "never\n"; };
foreach (['acquire' => ['acquire', 'acquireShared'], 'acquireShared' => ['acquire']] as $have => $wants) {
    $lock->$have();
    foreach ($wants as $want) {
        echo "$have, then $want:\n";
        check('a plain try is false, and it says who', $other->$want() === false && count($other->getHolders()) === 1 && $other->getHolders()[0]->isSelf());
        foreach ([0.000001, INF] as $timeout) {
            $took = seconds(function () use ($other, $want, $timeout, $never) {
                thrown(function () use ($other, $want, $timeout, $never) { $other->$want($timeout, $never); });
            });
            check('at once', $took < 1.9);
        }
    }
    thrown(function () use ($other, $never) { $other->synchronized($never); });
    thrown(function () use ($other, $never) { $other->synchronized($never, 0.0); });
    thrown(function () use ($other) { (new Sitelock\LockSet([$other]))->acquire(INF); });
    check('still held, nothing else is', $lock->isAcquired() && Sitelock\held() === [$lock]);
    $lock->release();
    check('nothing is left', lock_files($path) === []);
}
check('shared beside shared', $lock->acquireShared() && $other->acquireShared(INF));
$other->release();
$lock->release();

// Beside other readers, whichever of us comes first on the roster.
foreach (['we came first', 'we came last'] as $order) {
    $order === 'we came first' && $lock->acquireShared();
    $reader = borg_holder($path, 'acquireShared');
    $order === 'we came last' && $lock->acquireShared();
    echo "$order: ";
    thrown(function () use ($other) { $other->acquire(0.2); });
    echo "$order: ";
    thrown(function () use ($other, $never) { $other->synchronized($never, 0.0); });
    $lock->release();
    $reader->wait();
}

// A callback of the wait takes what is waited for.
foreach (['acquire', 'acquireShared'] as $takes) {
    $holder = borg_holder($path, 'acquire');
    $took = seconds(function () use ($lock, $other, $holder, $takes) {
        thrown(function () use ($lock, $other, $holder, $takes) {
            $lock->acquire(INF, function () use ($other, $holder, $takes) {
                $holder->wait();
                check('it was free', $other->$takes());
            });
        });
    });
    check('told when it asks the next time', $took < 3.0);
    $other->release();
}

// By another path, and by another name of this host: it is the same lock, held by this process.
symlink($path, "$path.link");
$link = new Sitelock\BorgLock("$path.link", HOST);
$renamed = new Sitelock\BorgLock($path, OTHER_HOST);
foreach (['acquire', 'acquireShared'] as $have) {
    $lock->$have();
    echo "$have, through a link: ";
    thrown(function () use ($link) { $link->acquire(0.5); });
    echo "$have, under another host id: ";
    thrown(function () use ($renamed) { $renamed->acquire(0.5) || print("busy till the end, "); });
    $lock->release();
}
check('nothing is left', lock_files($path) === [] && Sitelock\held() === []);
?>
--EXPECT--
acquire, then acquire:
ok a plain try is false, and it says who
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok at once
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok at once
acquire, then acquireShared:
ok a plain try is false, and it says who
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok at once
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok at once
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok still held, nothing else is
ok nothing is left
acquireShared, then acquire:
ok a plain try is false, and it says who
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok at once
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok at once
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok still held, nothing else is
ok nothing is left
ok shared beside shared
we came first: Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
we came first: Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
we came last: Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
we came last: Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok it was free
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok told when it asks the next time
ok it was free
Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok told when it asks the next time
acquire, through a link: Sitelock\DeadlockException: repository.link is held by this very request through another object: it would never become free
acquire, under another host id: Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
acquireShared, through a link: Sitelock\DeadlockException: repository.link is held by this very request through another object: it would never become free
acquireShared, under another host id: Sitelock\DeadlockException: repository is held by this very request through another object: it would never become free
ok nothing is left
