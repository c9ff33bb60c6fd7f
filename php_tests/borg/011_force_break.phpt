--TEST--
forceBreak() clears exactly those who were shown, alive or not, and nobody who came later
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before = rest($path);
$lock = new Sitelock\BorgLock($path, HOST);
$lock->forceBreak();
check('nobody was shown: nothing', lock_files($path) === []);

$dead = dead_pid();
foreach (['of another host' => [4711, 0, OTHER_HOST], 'with a thread' => [$dead, 140234, HOST], 'with a large thread' => [$dead, 140234123456789, HOST]] as $name => $who) {
    put_record($path, record_name(...$who));
    $seen = $lock->getHolders();
    check("$name", count($seen) === 1 && $lock->forceBreak(...$seen) === null);
    check('is gone', $lock->getHolders() === [] && lock_files($path) === []);
    $lock->forceBreak(...$seen);
    check('once more: nothing', lock_files($path) === []);
    put_readers($path, roster_entry(...$who));
    $seen = $lock->getHolders();
    check('as a reader', count($seen) === 1 && $lock->forceBreak(...$seen) === null);
    check('is gone', $lock->getHolders() === [] && lock_files($path) === []);
    $lock->forceBreak(...$seen);
    check('once more: nothing', lock_files($path) === []);
}
foreach (['rubbish', "nl\n.4711-0", '-0', str_repeat('x', 255)] as $odd) {
    put_record($path, $odd);
    $lock->forceBreak(...$lock->getHolders());
    check('a record that is called as nobody is', lock_files($path) === []);
}
foreach (['["a/b@1", 4711, 0]', '["", 4711, 0]', '["a\u0001b\u20ac@1", 4711, 0]', '["' . str_repeat('x', 300) . '", 4711, 0]', '["web2@8796750863", 0, 0]', '["web2@8796750863", -1, -1]'] as $odd) {
    put_readers($path, $odd);
    $seen = $lock->getHolders();
    try {
        $lock->forceBreak(...$seen);
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
    check('a reader whom borg would not write: ' . substr($odd, 0, 40), count($seen) === 1 && lock_files($path) === []);
    @unlink("$path/lock.roster");
}

// Exactly those who were seen.
$readers = [];
for ($i = 0; $i < 3; $i++) {
    $readers[$i] = borg_holder($path, 'acquireShared');
}
$seen = $lock->getHolders();
$late = borg_holder($path, 'acquireShared');
$one = array_values(array_filter($seen, function ($h) use ($readers) { return $h->getPid() === $readers[1]->pid(); }));
$lock->forceBreak(...$one);
check('one of many', count($seen) === 3 && roster($path) === '{"shared": [' . implode(', ', [roster_entry($readers[0]->pid()), roster_entry($readers[2]->pid()), roster_entry($late->pid())]) . ']}');
$lock->forceBreak(...$seen);
check('all that were seen', roster($path) === '{"shared": [' . roster_entry($late->pid()) . ']}');
foreach ($readers as $reader) {
    $reader->kill();
}
$late->tell('release');
check('and he who came later has lost nothing', $late->hear() === 'released');
$late->wait();
put_record($path, record_name(4711, 0, OTHER_HOST));
put_record($path, record_name(4712, 0, OTHER_HOST));
$seen = $lock->getHolders();
$lock->forceBreak($seen[0]);
check('one of two records', count($lock->getHolders()) === 1 && $lock->getHolders()[0] == $seen[1]);
$lock->forceBreak($seen[1]);
check('and the other', lock_files($path) === []);

// A live one, who is told when he releases; the next one has a lock that stays.
foreach (['acquire', 'acquireShared'] as $method) {
    $old = new Child('$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $lock->' . $method . '(); say("locked"); hear();
        say(var_export($lock->isAcquired(), true)); thrown(function () use ($lock) { $lock->release(); }); say("released");', $path);
    $old->hear();
    $seen = $lock->getHolders();
    $lock->forceBreak(...$seen);
    check("$method: a live one is cleared", $lock->getHolders() === [] && $lock->acquire());
    try {
        $lock->forceBreak(...$seen);
    } catch (Sitelock\LockException $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
    check('the newcomer survives', $lock->isAcquired() && exclusive_records($path) === [record_name(getmypid())]);
    $lock->release();
    $new = borg_holder($path, $method);
    $state = lock_state($path);
    $old->tell('release');
    echo 'the old one: isAcquired() ', $old->hear(), ', ', $old->hear(), "\n";
    $old->hear();
    $old->wait();
    check('the new one keeps it', lock_state($path) === $state || $method === 'acquireShared' && roster($path) === '{"shared": [' . roster_entry($new->pid()) . ']}');
    $new->wait();
    check('nothing is left', lock_files($path) === []);
}

// The same process has it again: that is another time, also where a new file soon gets the inode of an old one.
$elsewhere = sys_get_temp_dir() . '/sitelock-again-' . getmypid();
register_shutdown_function(function () use ($elsewhere) { is_dir($elsewhere) && remove_tree($elsewhere); });
foreach ([dirname($path) . '/again', $elsewhere] as $again) {
    make_repository($again);
    $on = new Sitelock\BorgLock($again, HOST);
    $child = borg_holder($again);
    $seen = $on->getHolders();
    usleep(20000); // the clock of files ticks slowly
    $kept = 0;
    for ($i = 0; $i < 10; $i++) {
        $child->tell('release');
        $child->hear();
        $child->tell('again');
        $child->hear();
        $on->forceBreak(...$seen);
        $kept += count($on->getHolders());
    }
    check('a process that was seen, released and has it again is not broken', $kept === 10);
    $child->kill();
    $on->breakStale();
    $kept = 0;
    for ($i = 0; $i < 10; $i++) {
        put_record($again, record_name(4711, 0, OTHER_HOST));
        $seen = $on->getHolders();
        unlink("$again/lock.exclusive/" . record_name(4711, 0, OTHER_HOST));
        usleep(20000);
        put_record($again, record_name(4711, 0, OTHER_HOST));
        $on->forceBreak(...$seen);
        $kept += count(exclusive_records($again));
        is_dir("$again/lock.exclusive") && remove_tree("$again/lock.exclusive");
    }
    check('nor one of another host', $kept === 10);
}

// Ourselves.
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    $lock->forceBreak(...$lock->getHolders());
    check("ourselves, $method", $lock->isAcquired() === false && lock_files(dirname($path)) === []);
    thrown(function () use ($lock) { $lock->release(); });
    $lock->$method();
    (new Sitelock\BorgLock($path, HOST))->forceBreak(...$lock->getHolders());
    thrown(function () use ($lock) { $lock->release(); });
    check('it can be had again', $lock->acquire());
    $lock->release();
}

// What is no Holder of a BorgLock: nothing at all is broken, also of those before it.
$holder = borg_holder($path);
$state = lock_state($path);
$mine = $lock->getHolders();
$file = new Sitelock\FileLock(dirname($path) . '/file');
$file->acquire();
$of_file = $file->getHolders();
$directory = new Sitelock\DirectoryLock(dirname($path) . '/directory');
$directory->acquire();
$of_directory = $directory->getHolders();
thrown(function () use ($lock, $of_file) { $lock->forceBreak(...$of_file); });
thrown(function () use ($lock, $of_directory) { $lock->forceBreak(...$of_directory); });
thrown(function () use ($lock, $mine, $of_file) { $lock->forceBreak($mine[0], $of_file[0]); });
thrown(function () use ($directory, $mine) { $directory->forceBreak(...$mine); });
foreach ([[1], ['a'], [null], [[]], [new stdClass], [$lock], [$mine], [$mine[0], 'a']] as $i => $arguments) {
    try {
        $lock->forceBreak(...$arguments);
        echo "NOT OK arguments $i\n";
    } catch (TypeError $e) {
        echo "ok TypeError $i\n";
    }
}
check('nothing is broken', lock_state($path) === $state && $file->isAcquired() && $directory->isAcquired());
$second = repository();
$other = new Sitelock\BorgLock($second, HOST);
$other->acquire();
$lock->forceBreak(...$other->getHolders());
check('nor by a Holder of another BorgLock', lock_state($path) === $state && $other->isAcquired());
$other->release();
$holder->tell('release');
check('he has lost nothing', $holder->hear() === 'released');
$holder->wait();

// While somebody else is in lock.exclusive and does not leave it, a reader cannot be taken off.
put_readers($path, roster_entry(4711, 0, OTHER_HOST));
$seen = $lock->getHolders();
put_record($path, record_name(4712, 0, OTHER_HOST));
thrown(function () use ($lock, $seen) { $lock->forceBreak(...$seen); });
$lock->forceBreak(...array_values(array_filter($lock->getHolders(), function ($h) { return !$h->isShared(); })));
$lock->forceBreak(...$seen);
check('both, one after the other', lock_files($path) === []);
check('and nothing else was touched', rest($path) === $before);
?>
--EXPECT--
ok nobody was shown: nothing
ok of another host
ok is gone
ok once more: nothing
ok as a reader
ok is gone
ok once more: nothing
ok with a thread
ok is gone
ok once more: nothing
ok as a reader
ok is gone
ok once more: nothing
ok with a large thread
ok is gone
ok once more: nothing
ok as a reader
ok is gone
ok once more: nothing
ok a record that is called as nobody is
ok a record that is called as nobody is
ok a record that is called as nobody is
ok a record that is called as nobody is
ok a reader whom borg would not write: ["a/b@1", 4711, 0]
ok a reader whom borg would not write: ["", 4711, 0]
ok a reader whom borg would not write: ["a\u0001b\u20ac@1", 4711, 0]
ok a reader whom borg would not write: ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
ok a reader whom borg would not write: ["web2@8796750863", 0, 0]
ok a reader whom borg would not write: ["web2@8796750863", -1, -1]
ok one of many
ok all that were seen
ok and he who came later has lost nothing
ok one of two records
ok and the other
ok acquire: a live one is cleared
ok the newcomer survives
the old one: isAcquired() false, Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok the new one keeps it
ok nothing is left
ok acquireShared: a live one is cleared
ok the newcomer survives
the old one: isAcquired() false, Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok the new one keeps it
ok nothing is left
ok a process that was seen, released and has it again is not broken
ok nor one of another host
ok a process that was seen, released and has it again is not broken
ok nor one of another host
ok ourselves, acquire
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok it can be had again
ok ourselves, acquireShared
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok it can be had again
ValueError or InvalidArgumentException: this Holder names no record of a BorgLock, so there is nothing of him to break
ValueError or InvalidArgumentException: this Holder names no record of a BorgLock, so there is nothing of him to break
ValueError or InvalidArgumentException: this Holder names no record of a BorgLock, so there is nothing of him to break
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
ok nor by a Holder of another BorgLock
ok he has lost nothing
Sitelock\SystemException: rename(lock.exclusive): Device or resource busy
ok both, one after the other
ok and nothing else was touched
