--TEST--
LockSet with BorgLock, FileLock and DirectoryLock: all or none, in all modes
--FILE--
<?php
require __DIR__ . '/borg.inc';

$repository = repository();
$in = dirname($repository);
$file = new Sitelock\FileLock("$in/file");
$borg = new Sitelock\BorgLock($repository, HOST);
$directory = new Sitelock\DirectoryLock("$in/directory");
$mode = function (Sitelock\Lock $lock): string {
    $holders = $lock->getHolders();
    return $holders === [] ? 'free' : ($holders[0]->isShared() ? 'shared' : 'exclusive');
};
/** Holds this request these, in whatever order it got them? */
$held = function (array $locks): bool {
    $held = Sitelock\held();
    return count($held) === count($locks) && array_udiff($locks, $held, function ($a, $b) { return spl_object_id($a) <=> spl_object_id($b); }) === [];
};
$free = function () use ($repository, $in): bool { return lock_files($repository) === [] && Sitelock\held() === [] && (!is_file("$in/file") || !is_locked("$in/file")) && !is_dir("$in/directory"); };
foreach ([
    'FileLock exclusive, BorgLock exclusive' => [[$file, $borg], []],
    'BorgLock exclusive, FileLock shared' => [[$borg], [$file]],
    'FileLock exclusive, BorgLock shared' => [[$file], [$borg]],
    'both shared' => [[], [$borg, $file]],
    'three kinds' => [[$borg, $directory], [$file]],
] as $name => [$exclusive, $shared]) {
    echo "$name: ";
    $set = new Sitelock\LockSet($exclusive, $shared);
    $all = array_merge($exclusive, $shared);
    check('all', $set->acquire() && $set->isAcquired() && $held($all));
    echo implode(', ', array_map($mode, $all)), "\n";
    check('holders of each', array_diff(array_map(function ($lock) { return $lock->getPath(); }, $all), array_keys($set->getHolders())) === [] && count($set->getHolders()) === count($all) && $set->getHolders()[$repository][0]->isSelf());
    check('again: nothing changes', $set->acquire() && $held($all));
    $set->release();
    check('released', !$set->isAcquired() && $free());
    check('synchronized', $set->synchronized(function () use ($set) { return $set->isAcquired(); }) === true && $free());

    foreach (in_array($borg, $exclusive, true) ? ['acquire', 'acquireShared'] : ['acquire'] as $how) {
        $holder = borg_holder($repository, $how);
        $state = lock_state($repository);
        foreach ([0.0, 0.3] as $timeout) {
            check("the repository is busy ($how), $timeout: none", $set->acquire($timeout) === false && Sitelock\held() === [] && !is_locked("$in/file") && !is_dir("$in/directory"));
            check('and it says who', array_keys($set->getHolders()) === [$repository] && $set->getHolders()[$repository][0]->getPid() === $holder->pid());
        }
        try {
            $set->synchronized(function () { echo "never\n"; }, 0.0);
        } catch (Sitelock\BusyException $e) {
            check('busy', $e->getHolders()[0]->getPid() === $holder->pid());
        }
        check('released: all', $set->acquire(INF, function ($waiting) use ($holder, $repository) { $waiting->getPath() === $repository && $holder->tell('release'); }) && $holder->hear() === 'released' && $held($all));
        $set->release();
        $holder->wait();
        check('nothing is left', $free());
    }
    $holder = holder("$in/file");
    check('the file is busy: none', $set->acquire() === false && $set->acquire(0.2) === false && Sitelock\held() === [] && lock_files($repository) === []);
    check('released: all', $set->acquire(INF, function ($waiting) use ($holder, $in) { $waiting->getPath() === "$in/file" && $holder->tell('release'); }) && $holder->hear() === 'released' && $held($all));
    $set->release();
    $holder->wait();
    check('nothing is left', $free());
}
thrown(function () use ($borg, $repository) { new Sitelock\LockSet([$borg], [new Sitelock\BorgLock($repository, HOST)]); });
thrown(function () use ($borg, $repository) { new Sitelock\LockSet([$borg, new Sitelock\FileLock($repository)]); });

// A shared member beside readers, and held before.
$reader = borg_holder($repository, 'acquireShared');
$set = new Sitelock\LockSet([$file], [$borg]);
check('beside a reader', $set->acquire() && substr_count(roster($repository), '[') === 3);
$set->release();
check('he stays', roster($repository) === '{"shared": [' . roster_entry($reader->pid()) . ']}');
$reader->wait();
$borg->acquireShared();
check('a member held before', $set->acquire());
$set->release();
check('stays held', Sitelock\held() === [$borg] && $borg->isAcquired());
thrown(function () use ($borg) { (new Sitelock\LockSet([$borg]))->acquire(); });
$second = new Sitelock\BorgLock($repository, HOST);
$set = new Sitelock\LockSet([$file], [$second]);
check('another object of it, shared', $set->acquire() && $second->isAcquired());
$set->release();
check('counted', $borg->isAcquired());
$borg->release();

// One is lost.
foreach ([[[$borg, $file], []], [[$file], [$borg]]] as [$exclusive, $shared]) {
    $set = new Sitelock\LockSet($exclusive, $shared);
    $set->acquire();
    @unlink("$repository/lock.roster");
    is_dir("$repository/lock.exclusive") && remove_tree("$repository/lock.exclusive");
    check('one is lost', $set->isAcquired() === false);
    thrown(function () use ($set) { $set->release(); });
    check('all are given back', $free());
}
// One that cannot be had at all.
$set = new Sitelock\LockSet([$file, $borg, new Sitelock\BorgLock("$in/missing", HOST)]);
thrown(function () use ($set) { $set->acquire(1.0); });
check('none', $free());

// Opposite orders, and beside who takes them one by one.
$start = '$a = new Sitelock\BorgLock($path, "web1@8796750862"); $b = new Sitelock\FileLock(dirname($path) . "/file"); $mark = dirname($path) . "/mark";
    $critical = function () use ($mark) { if (!@mkdir($mark)) { say("TWO AT ONCE"); exit(1); } rmdir($mark); };
    say("ready"); hear();
    for ($i = 0; $i < 20; $i++) { ROUND }
    say("done");';
$children = [];
foreach ([
    '$s = new Sitelock\LockSet([$a, $b]); $s->acquire(INF); $critical(); $s->release();',
    '$s = new Sitelock\LockSet([$b, $a]); $s->acquire(INF); $critical(); $s->release();',
    '$s = new Sitelock\LockSet([$b], [$a]); $s->acquire(INF); $critical(); $s->release();',
    '$b->acquire(INF); $a->acquire(INF); $critical(); $a->release(); $b->release();',
] as $round) {
    $children[] = $child = new Child(str_replace('ROUND', $round, $start), $repository);
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
foreach (['[$b, $a], []', '[$b], [$a]'] as $members) {
    $holder = borg_holder($repository);
    $child = new Child('$a = new Sitelock\BorgLock($path, "web1@8796750862"); $b = new Sitelock\FileLock(dirname($path) . "/file");
        (new Sitelock\LockSet(' . $members . '))->acquire(INF, function () { static $calls = 0; $calls++ || say("waits"); });', $repository);
    $child->hear();
    $child->kill();
    $holder->wait();
    check('killed while it waits: all can be had', (new Sitelock\LockSet([$borg, $file]))->acquire());
    $borg->release();
    $file->release();
    $borg->breakStale();
    check('nothing is left', $free());
}
?>
--EXPECT--
FileLock exclusive, BorgLock exclusive: ok all
exclusive, exclusive
ok holders of each
ok again: nothing changes
ok released
ok synchronized
ok the repository is busy (acquire), 0: none
ok and it says who
ok the repository is busy (acquire), 0.3: none
ok and it says who
ok busy
ok released: all
ok nothing is left
ok the repository is busy (acquireShared), 0: none
ok and it says who
ok the repository is busy (acquireShared), 0.3: none
ok and it says who
ok busy
ok released: all
ok nothing is left
ok the file is busy: none
ok released: all
ok nothing is left
BorgLock exclusive, FileLock shared: ok all
exclusive, shared
ok holders of each
ok again: nothing changes
ok released
ok synchronized
ok the repository is busy (acquire), 0: none
ok and it says who
ok the repository is busy (acquire), 0.3: none
ok and it says who
ok busy
ok released: all
ok nothing is left
ok the repository is busy (acquireShared), 0: none
ok and it says who
ok the repository is busy (acquireShared), 0.3: none
ok and it says who
ok busy
ok released: all
ok nothing is left
ok the file is busy: none
ok released: all
ok nothing is left
FileLock exclusive, BorgLock shared: ok all
exclusive, shared
ok holders of each
ok again: nothing changes
ok released
ok synchronized
ok the repository is busy (acquire), 0: none
ok and it says who
ok the repository is busy (acquire), 0.3: none
ok and it says who
ok busy
ok released: all
ok nothing is left
ok the file is busy: none
ok released: all
ok nothing is left
both shared: ok all
shared, shared
ok holders of each
ok again: nothing changes
ok released
ok synchronized
ok the repository is busy (acquire), 0: none
ok and it says who
ok the repository is busy (acquire), 0.3: none
ok and it says who
ok busy
ok released: all
ok nothing is left
ok the file is busy: none
ok released: all
ok nothing is left
three kinds: ok all
exclusive, exclusive, shared
ok holders of each
ok again: nothing changes
ok released
ok synchronized
ok the repository is busy (acquire), 0: none
ok and it says who
ok the repository is busy (acquire), 0.3: none
ok and it says who
ok busy
ok released: all
ok nothing is left
ok the repository is busy (acquireShared), 0: none
ok and it says who
ok the repository is busy (acquireShared), 0.3: none
ok and it says who
ok busy
ok released: all
ok nothing is left
ok the file is busy: none
ok released: all
ok nothing is left
ValueError or InvalidArgumentException: repository is in this LockSet twice
ValueError or InvalidArgumentException: repository is in this LockSet twice
ok beside a reader
ok he stays
ok a member held before
ok stays held
LogicException: repository is held shared by this object: release it before you acquire it exclusively
ok another object of it, shared
ok counted
ok one is lost
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok all are given back
ok one is lost
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok all are given back
Sitelock\SystemException: open(missing): No such file or directory
ok none
opposite orders, number 0: done
opposite orders, number 1: done
opposite orders, number 2: done
opposite orders, number 3: done
ok killed while it waits: all can be had
ok nothing is left
ok killed while it waits: all can be had
ok nothing is left
