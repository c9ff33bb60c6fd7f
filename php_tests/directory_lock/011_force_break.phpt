--TEST--
forceBreak() clears exactly those who were shown, alive or not, and nobody who came later
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
$lock->forceBreak();
check('nobody was shown: nothing', entries(dirname($path)) === []);

foreach (['acquire', 'acquireShared'] as $how) {
    unknown_owner($path, $how);
    $seen = $lock->getHolders();
    check("one of whom it cannot be known, $how", count($seen) === 1 && $lock->forceBreak(...$seen) === null);
    check('is gone, and his directory', $lock->getHolders() === [] && entries(dirname($path)) === []);
    $lock->forceBreak(...$seen);
    check('once more: nothing', entries(dirname($path)) === []);
}

// One who waits for him goes on.
unknown_owner($path);
$waiter = new Child('$lock = new Sitelock\DirectoryLock($path); say($lock->acquire(INF, function () { static $calls = 0; $calls++ || say("waits"); }) ? "held" : "NOT"); hear(); $lock->release();', $path);
echo $waiter->hear(), ', ';
$lock->forceBreak(...$lock->getHolders());
$took = seconds(function () use ($waiter) { echo $waiter->hear(), "\n"; });
check('soon', $took < 2.0);
$waiter->wait();

// A live one, who is told when he releases; the next one has a lock that stays.
$old = directory_holder($path);
$seen = $lock->getHolders();
$lock->forceBreak(...$seen);
check('a live one is cleared', entries(dirname($path)) === [] && $lock->acquire());
$lock->forceBreak(...$seen);
check('the newcomer survives', $lock->isAcquired() && is_directory_locked($path));
$lock->release();
$old->kill();

$old = new Child('$lock = new Sitelock\DirectoryLock($path); $lock->acquire(); say("locked"); hear();
    say(var_export($lock->isAcquired(), true)); thrown(function () use ($lock) { $lock->release(); }); say("released");', $path);
$old->hear();
$lock->forceBreak(...$lock->getHolders());
$new = directory_holder($path);
$record = record($path);
$old->tell('release');
echo 'the old one: isAcquired() ', $old->hear(), ', ', $old->hear(), "\n";
$old->hear();
$old->wait();
check('the new one keeps it', record($path) === $record && is_directory_locked($path) && $lock->getHolders()[0]->getPid() === $new->pid());
$new->wait();

// Exactly those who were seen.
$readers = [];
for ($i = 0; $i < 3; $i++) {
    $readers[$i] = directory_holder($path, 'acquireShared');
}
$seen = $lock->getHolders();
$late = directory_holder($path, 'acquireShared');
$one = array_values(array_filter($seen, function ($h) use ($readers) { return $h->getPid() === $readers[1]->pid(); }));
$lock->forceBreak(...$one);
$pids = array_map(function ($h) { return $h->getPid(); }, $lock->getHolders());
check('one of many', count($seen) === 3 && count($pids) === 3 && !in_array($readers[1]->pid(), $pids, true));
$lock->forceBreak(...$seen);
check('all that were seen', count($lock->getHolders()) === 1 && $lock->getHolders()[0]->getPid() === $late->pid());
foreach ($readers as $reader) {
    $reader->kill();
}
$late->tell('release');
check('and he who came later has lost nothing', $late->hear() === 'released');
$late->wait();

// Ourselves.
$lock->acquire();
$lock->forceBreak(...$lock->getHolders());
check('ourselves', $lock->isAcquired() === false && entries(dirname($path)) === []);
thrown(function () use ($lock) { $lock->release(); });
$lock->acquire();
(new Sitelock\DirectoryLock($path))->forceBreak(...$lock->getHolders());
thrown(function () use ($lock) { $lock->release(); });

// What is no Holder of a DirectoryLock: nothing at all is broken, also of those before it.
$holder = directory_holder($path);
$record = record($path);
$mine = $lock->getHolders();
$file = new Sitelock\FileLock("$path.file");
$file->acquire();
$of_file = $file->getHolders();
thrown(function () use ($lock, $of_file) { $lock->forceBreak(...$of_file); });
thrown(function () use ($lock, $mine, $of_file) { $lock->forceBreak($mine[0], $of_file[0]); });
foreach ([[1], ['a'], [null], [[]], [new stdClass], [$lock], [$mine], [$mine[0], 'a']] as $i => $arguments) {
    try {
        $lock->forceBreak(...$arguments);
        echo "NOT OK arguments $i\n";
    } catch (TypeError $e) {
        echo "ok TypeError $i\n";
    }
}
check('nothing is broken', record($path) === $record && $file->isAcquired());
$other = new Sitelock\DirectoryLock("$path.other");
$other->acquire();
$lock->forceBreak(...$other->getHolders());
check('nor by a Holder of another DirectoryLock', record($path) === $record && $other->isAcquired());
$other->release();
$holder->tell('release');
check('he has lost nothing', $holder->hear() === 'released');
$holder->wait();

mkdir($path);
touch("$path/precious");
thrown(function () use ($lock) { $lock->forceBreak(...$lock->getHolders()); });
check('what is no record is not removed', is_file("$path/precious"));
?>
--EXPECT--
ok nobody was shown: nothing
ok one of whom it cannot be known, acquire
ok is gone, and his directory
ok once more: nothing
ok one of whom it cannot be known, acquireShared
ok is gone, and his directory
ok once more: nothing
waits, held
ok soon
ok a live one is cleared
ok the newcomer survives
the old one: isAcquired() false, Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok the new one keeps it
ok one of many
ok all that were seen
ok and he who came later has lost nothing
ok ourselves
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ValueError or InvalidArgumentException: this Holder names no record of a DirectoryLock, so there is nothing of him to break
ValueError or InvalidArgumentException: this Holder names no record of a DirectoryLock, so there is nothing of him to break
ok TypeError 0
ok TypeError 1
ok TypeError 2
ok TypeError 3
ok TypeError 4
ok TypeError 5
ok TypeError 6
ok TypeError 7
ok nothing is broken
ok nor by a Holder of another DirectoryLock
ok he has lost nothing
ValueError or InvalidArgumentException: this Holder names no record of a DirectoryLock, so there is nothing of him to break
ok what is no record is not removed
