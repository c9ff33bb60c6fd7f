--TEST--
The owner's record or directory is taken away while others wait: they have the lock in about a second
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$wait = '$lock = new Sitelock\DirectoryLock($path); say($lock->METHOD(INF) ? "held" : "NOT"); say($lock->isAcquired() ? "the right one" : "the wrong one"); hear(); $lock->release(); say("released");';
// All at the same time, for each takes a second.
$cases = [];
foreach ([
    'record removed' => function ($record) { unlink($record); },
    'record and directory removed' => function ($record, $path) { unlink($record); rmdir($path); },
    'forceBreak()' => function ($record, $path) { $lock = new Sitelock\DirectoryLock($path); $lock->forceBreak(...$lock->getHolders()); },
    'record moved away' => function ($record, $path) { rename($record, "$path.old"); },
    'directory moved away' => function ($record, $path) { rename($path, "$path.old"); },
    'directory moved away, an empty one in its place' => function ($record, $path) { rename($path, "$path.old"); mkdir($path); },
] as $name => $change) {
    foreach (['acquire', 'acquireShared'] as $method) {
        $path = test_path_alone();
        $lock = new Sitelock\DirectoryLock($path);
        $lock->acquire();
        $record = record($path);
        $waiter = new Child(str_replace('METHOD', $method, $wait), $path);
        wait_for_waiters($record, 1);
        $cases["$name, $method"] = [$path, $lock, $record, $waiter, $change];
    }
}
// One more who waits: he then waits for the first.
[$path, , $record] = $cases['record removed, acquire'];
$second = new Child(str_replace('METHOD', 'acquire', $wait), $path);
wait_for_waiters($record, 2);
foreach ($cases as $name => [$path, , $record, , $change]) {
    $change($record, $path);
}
$end = hrtime(true) + 6 * 1000000000;
foreach ($cases as $name => [$path, $lock, , $waiter]) {
    if ($name === 'record removed, acquire') {
        wait_until(function () use ($waiter, $second) { return $waiter->speaks_within(0.001) || $second->speaks_within(0.001); });
        if ($second->speaks_within(0.0)) {
            [$waiter, $second] = [$second, $waiter];
        }
    }
    if (!$waiter->speaks_within(max(0.0, ($end - hrtime(true)) / 1e9))) {
        echo "NOT OK $name: it waits for who has no lock any more\n";
        $waiter->kill();
        continue;
    }
    check("$name: held", $waiter->hear() === 'held' && $waiter->hear() === 'the right one' && is_directory_locked($path));
    if ($name === 'record removed, acquire') {
        check('the other one waits for him', wait_for_waiters(record($path), 1) && !$second->speaks_within(0.0));
    }
    $waiter->tell('release');
    $waiter->hear();
    $waiter->wait();
    if ($name === 'record removed, acquire') {
        check('and has it then', $second->hear() === 'held' && $second->hear() === 'the right one');
        $second->wait();
    }
    thrown(function () use ($lock) { $lock->release(); });
    $left = entries(dirname($path));
    check('nothing is left', $left === [] || $left === [basename("$path.old")] && entries("$path.old") === []);
}

// What the path names then may be anything.
$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
$lock->acquire();
$waiter = new Child('try { (new Sitelock\DirectoryLock($path))->acquire(INF); } catch (Sitelock\LockException $e) { say(get_class($e)); }', $path);
$record = record($path);
wait_for_waiters($record, 1);
unlink($record);
rmdir($path);
mkdir("$path.victim");
symlink("$path.victim", $path);
echo 'a symbolic link: ', $waiter->hear(), "\n";
$waiter->wait();
check('nothing is left of it', entries(dirname($path)) === [basename($path), basename("$path.victim")]);
?>
--EXPECT--
ok record removed, acquire: held
ok the other one waits for him
ok and has it then
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok record removed, acquireShared: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok record and directory removed, acquire: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok record and directory removed, acquireShared: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok forceBreak(), acquire: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok forceBreak(), acquireShared: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok record moved away, acquire: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok record moved away, acquireShared: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok directory moved away, acquire: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok directory moved away, acquireShared: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok directory moved away, an empty one in its place, acquire: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
ok directory moved away, an empty one in its place, acquireShared: held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok nothing is left
a symbolic link: Sitelock\UnsafePathException
ok nothing is left of it
