--TEST--
All or none: when one is busy the others are as they were, whatever the time-out
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$paths = array_map('test_path', ['a', 'b', 'c']);
$make = function (string $busy) use ($paths): Sitelock\LockSet {
    return new Sitelock\LockSet(array_map(function ($path) { return new Sitelock\FileLock($path); }, $paths));
};
foreach (['a', 'b', 'c'] as $busy) {
    foreach ($paths as $path) {
        file_exists($path) && unlink($path);
    }
    $holder = holder(test_path($busy));
    $set = $make($busy);
    $free = array_diff($paths, [test_path($busy)]);
    foreach ([0.0, 0.3] as $timeout) {
        check("$busy is busy, $timeout: false", $set->acquire($timeout) === false && !$set->isAcquired() && Sitelock\held() === []);
        $untouched = true;
        foreach ($free as $path) {
            $untouched = $untouched && (!file_exists($path) || !is_locked($path) && filesize($path) === 0);
        }
        check('the others are free, nothing was written', $untouched);
        check('and it says who', array_keys($set->getHolders()) === [test_path($busy)] && $set->getHolders()[test_path($busy)][0]->getPid() === $holder->pid());
    }
    $holder->wait();
    check('then all', $set->acquire() && $set->isAcquired() && count(array_filter($paths, 'is_locked')) === 3 && array_keys($set->getHolders()) === $paths);
    check('again is true, and changes nothing', $set->acquire() && $set->acquire(1.0, function () { echo "never\n"; }) && $set->isAcquired());
    $set->release();
    check('released', array_filter($paths, 'is_locked') === [] && !$set->isAcquired() && $set->getHolders() === []);
    $set->release();
}

// Who died with a lock is still reported after a set has taken it and backed off.
Child::run('$lock = new Sitelock\FileLock($path); $lock->acquire(); posix_kill(getmypid(), SIGKILL);', test_path('a'));
$holder = holder(test_path('c'));
$set = $make('c');
check('in vain', $set->acquire() === false && $set->acquire(0.5) === false);
$lock = new Sitelock\FileLock(test_path('a'));
check('the abandoned one is reported all the same', $lock->acquire() && count($lock->getAbandonedBy()) === 1 && $lock->getAbandonedBy()[0]->getEnd() === 'killed or crashed');
$lock->release();
$holder->wait();
check('also to the set that gets it', $set->acquire());
$set->release();

// One that cannot be locked at all.
$bad = new Sitelock\FileLock(test_path('no such directory/lock'));
$set = new Sitelock\LockSet([new Sitelock\FileLock(test_path('a')), new Sitelock\FileLock(test_path('z')), $bad]);
thrown(function () use ($set) { $set->acquire(); });
thrown(function () use ($set) { $set->acquire(1.0); });
check('none', !is_locked(test_path('a')) && Sitelock\held() === []);

// The same while it waits: it becomes bad when others are taken.
$holder = holder(test_path('a'));
$link = test_path('link');
$set = new Sitelock\LockSet([new Sitelock\FileLock(test_path('a')), new Sitelock\FileLock(test_path('b')), new Sitelock\FileLock($link)]);
thrown(function () use ($set, $holder, $link) { $set->acquire(20.0, function () use ($holder, $link) { is_link($link) || symlink('/dev/null', $link) && $holder->tell('release'); }); });
$holder->hear();
check('none', !is_locked(test_path('a')) && !is_locked(test_path('b')) && Sitelock\held() === []);
$holder->wait();
?>
--EXPECT--
ok a is busy, 0: false
ok the others are free, nothing was written
ok and it says who
ok a is busy, 0.3: false
ok the others are free, nothing was written
ok and it says who
ok then all
ok again is true, and changes nothing
ok released
ok b is busy, 0: false
ok the others are free, nothing was written
ok and it says who
ok b is busy, 0.3: false
ok the others are free, nothing was written
ok and it says who
ok then all
ok again is true, and changes nothing
ok released
ok c is busy, 0: false
ok the others are free, nothing was written
ok and it says who
ok c is busy, 0.3: false
ok the others are free, nothing was written
ok and it says who
ok then all
ok again is true, and changes nothing
ok released
ok in vain
ok the abandoned one is reported all the same
ok also to the set that gets it
Sitelock\SystemException: open(no such directory/lock): No such file or directory
Sitelock\SystemException: open(no such directory/lock): No such file or directory
ok none
Sitelock\UnsafePathException: link is a symbolic link; a lock is never taken through one
ok none
