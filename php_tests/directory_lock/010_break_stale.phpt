--TEST--
breakStale() removes what dead owners left, and nothing of those who live or of whom it cannot be known
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
$beside = function () use ($path): array { return array_values(array_diff(entries(dirname($path)), [basename($path)])); };

check('nothing there', $lock->breakStale() === false && entries(dirname($path)) === []);
dead_owner($path);
check('a dead owner', $lock->breakStale() === true && entries(dirname($path)) === []);
check('once', $lock->breakStale() === false);
dead_owner($path, 'acquireShared');
dead_owner($path, 'acquireShared');
check('two dead readers', count(records($path)) === 2 && $lock->breakStale() === true && entries(dirname($path)) === []);

foreach (['acquire', 'acquireShared'] as $how) {
    $holder = directory_holder($path, $how);
    $record = record($path);
    check("a live owner, $how", $lock->breakStale() === false && record($path) === $record && is_directory_locked($path) && $lock->getHolders()[0]->getPid() === $holder->pid());
    if ($how === 'acquireShared') {
        dead_owner($path, 'acquireShared');
        check('a dead one beside him', $lock->breakStale() === true && record($path) === $record);
    }
    $holder->tell('release');
    check('and he has lost nothing', $holder->hear() === 'released');
    $holder->wait();
}
$record = unknown_owner($path);
check('one of whom it cannot be known', $lock->breakStale() === false && record($path) === $record && count($lock->getHolders()) === 1);
unlink($record);
$lock->acquire();
$other = new Sitelock\DirectoryLock($path);
check('ourselves', $lock->breakStale() === false && $other->breakStale() === false && $lock->isAcquired());
$lock->release();
check('nothing is left', entries(dirname($path)) === []);

// A dead one who has emptied his record, or whose record was emptied by a power cut.
file_put_contents(dead_owner($path), '');
check('what the record says is not asked', $lock->getHolders() === [] && $lock->breakStale() === true);
// The pid in the name is that of a live process: no pid is ever asked.
$record = dead_owner($path);
rename($record, preg_replace('/\.\d+(\.[0-9a-f]{32})$/', '.' . getmypid() . '$1', $record));
check('nor is the pid in its name', $lock->getHolders() === [] && $lock->breakStale() === true);
$record = dead_owner($path);
rename($record, preg_replace('~/s1\.x\.([0-9a-f]+)\.[0-9a-f]+\.[0-9a-f-]+~', '/s1.x.$1.fffff.00000000-0000-0000-0000-000000000000', $record));
check('nor on a local file system the device and the boot', $lock->breakStale() === true && entries(dirname($path)) === []);

// What died before it was in place: a waiter's directory, an empty one; and what is not of our making.
$holder = directory_holder($path);
$waiter = new Child('$lock = new Sitelock\DirectoryLock($path); say($lock->acquire(INF) ? "held" : "NOT"); $lock->release();', $path);
wait_for_waiters(record($path), 1);
$live = $beside();
$dead = new Child('$lock = new Sitelock\DirectoryLock($path); $lock->acquire(INF);', $path);
wait_for_waiters(record($path), 2);
$dead->kill();
$empty = "$path." . str_repeat('0', 32) . '.tmp';
mkdir($empty);
$foreign = ["$path.tmp", "$path." . str_repeat('g', 32) . '.tmp', "$path." . str_repeat('0', 32) . '.tmp2', "$path." . str_repeat('0', 31) . '.tmp', dirname($path) . '/other.' . str_repeat('0', 32) . '.tmp'];
array_map('mkdir', $foreign);
$file = "$path." . str_repeat('1', 32) . '.tmp';
touch($file);
$full = "$path." . str_repeat('2', 32) . '.tmp';
mkdir($full);
touch("$full/precious");
check('one of a live waiter, one of a dead one', count($live) === 1 && count($beside()) === 2 + 1 + count($foreign) + 2);
check('the lock itself is held', $lock->breakStale() === false);
$expected = array_merge($live, array_map('basename', array_merge($foreign, [$file, $full])));
sort($expected);
$left = $beside();
sort($left);
check('collected: what the dead one prepared, and what is empty', $left === $expected && is_file("$full/precious"));
check('he waits on', wait_for_waiters(record($path), 1) && !$waiter->speaks_within(0.0));
$holder->tell('release');
check('and gets it', $waiter->hear() === 'held');
$waiter->wait();
$holder->wait();
array_map('rmdir', $foreign);
unlink($file);
remove_tree($full);

// acquire() does it by itself.
dead_owner($path);
mkdir($empty);
check('acquire()', $lock->acquire() && $beside() === []);
$lock->release();
dead_owner($path, 'acquireShared');
check('acquireShared() beside a dead reader, who is then still there', $lock->acquireShared() && count(records($path)) === 2 && count($lock->getHolders()) === 1);
$lock->release();
check('until somebody wants it alone', $lock->acquire() && count(records($path)) === 1);
$lock->release();
dead_owner($path);
check('acquireShared() after a dead writer', $lock->acquireShared() && count(records($path)) === 1);
$lock->release();
check('nothing is left', entries(dirname($path)) === []);
thrown(function () use ($path) { (new Sitelock\DirectoryLock("$path-missing/lock"))->breakStale(); });
?>
--EXPECT--
ok nothing there
ok a dead owner
ok once
ok two dead readers
ok a live owner, acquire
ok and he has lost nothing
ok a live owner, acquireShared
ok a dead one beside him
ok and he has lost nothing
ok one of whom it cannot be known
ok ourselves
ok nothing is left
ok what the record says is not asked
ok nor is the pid in its name
ok nor on a local file system the device and the boot
ok one of a live waiter, one of a dead one
ok the lock itself is held
ok collected: what the dead one prepared, and what is empty
ok he waits on
ok and gets it
ok acquire()
ok acquireShared() beside a dead reader, who is then still there
ok until somebody wants it alone
ok acquireShared() after a dead writer
ok nothing is left
Sitelock\SystemException: open(lock): No such file or directory
