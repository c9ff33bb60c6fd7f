--TEST--
Members have their own modes; one that is held before stays held; one held in the other mode is refused
--FILE--
<?php
require __DIR__ . '/../helper.inc';

function modes(array $locks): string
{
    return implode(', ', array_map(function ($lock) {
        $holders = $lock->getHolders();
        return $holders === [] ? 'free' : ($holders[0]->isShared() ? 'shared' : 'exclusive');
    }, $locks));
}

[$a, $b, $c] = $locks = array_map(function ($name) { return new Sitelock\FileLock(test_path($name)); }, ['a', 'b', 'c']);
$set = new Sitelock\LockSet([$b], [$a, $c]);
check('acquired', $set->acquire());
echo modes($locks), "\n";
$holders = $set->getHolders();
check('by path', array_keys($holders) === [test_path('a'), test_path('b'), test_path('c')] && $holders[test_path('a')][0]->isSelf());
$set->release();
echo modes($locks), "\n";

$reader = holder(test_path('a'), 'acquireShared');
check('shared beside a reader', $set->acquire() && count($set->getHolders()[test_path('a')]) === 2);
$set->release();
check('exclusive is not', !(new Sitelock\LockSet([$a, $b]))->acquire());
$reader->wait();

foreach (['acquire', 'synchronized'] as $how) {
    $b->acquire();
    $c->acquireShared();
    check("$how: with two that are held already", $how === 'acquire' ? $set->acquire() : $set->synchronized(function () use ($set) { return $set->isAcquired(); }));
    $set->release();
    check('they stay held', $b->isAcquired() && $c->isAcquired() && !$a->isAcquired());
    $b->release();
    $c->release();
}
$a->acquireShared();
$b->acquire();
$c->acquireShared();
check('all of them', $set->acquire());
$set->release();
check('stay held', $set->isAcquired());

$holder = holder(test_path('z'));
$busy = new Sitelock\LockSet([$b, new Sitelock\FileLock(test_path('z'))], [$a]);
check('in vain, they stay held too', !$busy->acquire() && !$busy->acquire(0.3) && $a->isAcquired() && $b->isAcquired());
$holder->wait();

$b->release();
foreach (['exclusive, not shared' => function () use ($b) { $b->acquireShared(); }, 'shared, not exclusive' => function () use ($a, $b) { $b->release(); $b->acquire(); $a->release(); $a->acquire(); }] as $what => $prepare) {
    $prepare();
    echo "$what: ";
    $before = Sitelock\held();
    thrown(function () use ($set) { $set->acquire(); });
    thrown(function () use ($set) { $set->synchronized(function () { echo "never\n"; }); });
    check('nothing changed', Sitelock\held() === $before);
}
$a->release();
$b->release();
$c->release();

// What a member does by itself.
$set->acquire();
$a->release();
check('a member that was released is missing', !$set->isAcquired() && $b->isAcquired());
check('and is got again', $set->acquire() && $set->isAcquired());
$a->release();
$a->acquireShared();
$set->release();
check('what it acquired itself is its own', $a->isAcquired() && !$b->isAcquired() && !$c->isAcquired());
$a->release();

$set->acquire();
unlink(test_path('b'));
check('lost', !$set->isAcquired());
thrown(function () use ($set) { $set->release(); });
check('all are given back all the same', Sitelock\held() === [] && !is_locked(test_path('a')) && !is_locked(test_path('c')));
$set->release();
?>
--EXPECT--
ok acquired
shared, exclusive, shared
ok by path
free, free, free
ok shared beside a reader
ok exclusive is not
ok acquire: with two that are held already
ok they stay held
ok synchronized: with two that are held already
ok they stay held
ok all of them
ok stay held
ok in vain, they stay held too
exclusive, not shared: LogicException: b is held shared by this object: release it before you acquire it exclusively
LogicException: b is held shared by this object: release it before you acquire it exclusively
ok nothing changed
shared, not exclusive: LogicException: a is held exclusively by this object: release it before you acquire it shared
LogicException: a is held exclusively by this object: release it before you acquire it shared
ok nothing changed
ok a member that was released is missing
ok and is got again
ok what it acquired itself is its own
ok lost
Sitelock\LostLockException: b was removed or replaced while it was locked; others may have had the lock too
ok all are given back all the same
