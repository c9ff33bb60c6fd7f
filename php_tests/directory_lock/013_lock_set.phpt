--TEST--
LockSet with DirectoryLock and FileLock: all or none, in both modes, released in the reverse order
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone('x');
$in = dirname($path);
$a = new Sitelock\DirectoryLock("$in/a");
$b = new Sitelock\FileLock("$in/b");
$c = new Sitelock\DirectoryLock("$in/c");
$set = new Sitelock\LockSet([$a, $b], [$c]);
check('all', $set->acquire() && $set->isAcquired() && Sitelock\held() === [$a, $b, $c]);
check('in their modes', is_directory_locked("$in/a") && is_locked("$in/b") && strpos(basename(record("$in/c")), 's1.s.') === 0 && strpos(basename(record("$in/a")), 's1.x.') === 0);
check('holders of each', array_keys($set->getHolders()) === ["$in/a", "$in/b", "$in/c"] && $set->getHolders()["$in/c"][0]->isSelf());
$set->release();
check('released', !$set->isAcquired() && Sitelock\held() === [] && entries($in) === ['b'] && !is_locked("$in/b"));
thrown(function () use ($a, $in) { new Sitelock\LockSet([$a], [new Sitelock\DirectoryLock("$in/a")]); });
thrown(function () use ($a, $in) { new Sitelock\LockSet([$a, new Sitelock\FileLock("$in/a")]); });

foreach (['a', 'c'] as $busy) {
    $holder = directory_holder("$in/$busy");
    foreach ([0.0, 0.3] as $timeout) {
        check("$busy is busy, $timeout", $set->acquire($timeout) === false && !$set->isAcquired() && Sitelock\held() === []);
        check('the others are free, nothing is left of it', entries($in) === ($busy === 'a' ? ['a', 'b'] : ['b', 'c']) && !is_locked("$in/b"));
        check('and it says who', array_keys($set->getHolders()) === ["$in/$busy"] && $set->getHolders()["$in/$busy"][0]->getPid() === $holder->pid());
    }
    check("$busy is released: all", $set->acquire(INF, function ($waiting) use ($holder, $in, $busy) {
        $waiting->getPath() === "$in/$busy" && $holder->tell('release');
    }) && $holder->hear() === 'released' && count(Sitelock\held()) === 3);
    $set->release();
    $holder->wait();
}
$holder = holder("$in/b");
check('the FileLock is busy', $set->acquire() === false && $set->acquire(0.2) === false && entries($in) === ['b']);
$holder->wait();
$reader = directory_holder("$in/c", 'acquireShared');
check('shared beside a reader', $set->acquire() && count(records("$in/c")) === 2);
$reader->wait();

// The order in which they are given back is the reverse of that in which they were taken.
$set->release();
$taken = new Sitelock\DirectoryLock("$in/d");
$taken->acquire();
$set = new Sitelock\LockSet([$a, $taken, $b]);
check('a member held before', $set->acquire());
$set->release();
check('stays held', Sitelock\held() === [$taken] && entries($in) === ['b', 'd']);
$taken->release();

$set = new Sitelock\LockSet([$a, $c]);
$set->acquire();
unlink(record("$in/a"));
check('one is lost', $set->isAcquired() === false);
thrown(function () use ($set) { $set->release(); });
check('all are given back', entries($in) === ['b'] && Sitelock\held() === []);
check('synchronized', $set->synchronized(function () use ($in) { return is_directory_locked("$in/a") && is_directory_locked("$in/c"); }) === true && entries($in) === ['b']);
$holder = directory_holder("$in/c");
try {
    $set->synchronized(function () { echo "never\n"; }, 0.1);
} catch (Sitelock\BusyException $e) {
    check('busy', $e->getHolders()[0]->getPid() === $holder->pid() && entries($in) === ['b', 'c']);
}
$holder->wait();
$bad = new Sitelock\LockSet([$a, $c, new Sitelock\DirectoryLock("$in/missing/z")]);
thrown(function () use ($bad) { $bad->acquire(1.0); });
check('one that cannot be had at all: none', entries($in) === ['b'] && Sitelock\held() === []);

// Opposite orders, and beside who takes them one by one.
$start = '$a = new Sitelock\DirectoryLock(dirname($path) . "/a"); $b = new Sitelock\FileLock(dirname($path) . "/b"); $mark = dirname($path) . "/mark";
    $critical = function () use ($mark) { if (!@mkdir($mark)) { say("TWO AT ONCE"); exit(1); } rmdir($mark); };
    say("ready"); hear();
    for ($i = 0; $i < 60; $i++) { ROUND }
    say("done");';
$children = [];
foreach ([
    '$s = new Sitelock\LockSet([$a, $b]); $s->acquire(INF); $critical(); $s->release();',
    '$s = new Sitelock\LockSet([$b, $a]); $s->acquire(INF); $critical(); $s->release();',
    '$b->acquire(INF); $a->acquire(INF); $critical(); $a->release(); $b->release();',
] as $round) {
    $children[] = $child = new Child(str_replace('ROUND', $round, $start), $path);
    $child->hear();
}
foreach ($children as $child) {
    $child->tell('go');
}
foreach ($children as $i => $child) {
    echo "opposite orders, number $i: ", $child->hear(), "\n";
    $child->wait();
}

// Killed while it has one and waits for the other.
$holder = directory_holder("$in/c");
$record = record("$in/c");
$child = new Child('(new Sitelock\LockSet([new Sitelock\DirectoryLock(dirname($path) . "/a"), new Sitelock\DirectoryLock(dirname($path) . "/c")]))->acquire(INF);', $path);
wait_for_waiters($record, 1);
$child->kill();
$holder->wait();
check('killed while it waits: all can be had', (new Sitelock\LockSet([$a, $c]))->acquire());
$a->breakStale();
$c->breakStale();
unset($set, $bad);
check('nothing is left', entries($in) === ['b']);
?>
--EXPECT--
ok all
ok in their modes
ok holders of each
ok released
ValueError or InvalidArgumentException: a is in this LockSet twice
ValueError or InvalidArgumentException: a is in this LockSet twice
ok a is busy, 0
ok the others are free, nothing is left of it
ok and it says who
ok a is busy, 0.3
ok the others are free, nothing is left of it
ok and it says who
ok a is released: all
ok c is busy, 0
ok the others are free, nothing is left of it
ok and it says who
ok c is busy, 0.3
ok the others are free, nothing is left of it
ok and it says who
ok c is released: all
ok the FileLock is busy
ok shared beside a reader
ok a member held before
ok stays held
ok one is lost
Sitelock\LostLockException: a was removed or replaced while it was locked; others may have had the lock too
ok all are given back
ok synchronized
ok busy
Sitelock\SystemException: open(z): No such file or directory
ok one that cannot be had at all: none
opposite orders, number 0: done
opposite orders, number 1: done
opposite orders, number 2: done
ok killed while it waits: all can be had
ok nothing is left
