--TEST--
Broken while it was held, as "borg break-lock" does it: isAcquired() says so, release() throws, and nothing of others is removed
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before = rest($path);
$lock = new Sitelock\BorgLock($path, HOST);
/** As borg 1 does it. */
$break_lock = function () use ($path) {
    @unlink("$path/lock.roster");
    foreach (exclusive_records($path) as $name) {
        unlink("$path/lock.exclusive/$name");
    }
    @rmdir("$path/lock.exclusive");
};
$own = "$path/lock.exclusive/" . record_name(getmypid());
foreach ([
    'acquire' => [
        'borg break-lock' => $break_lock,
        'the record removed' => function () use ($own) { unlink($own); },
        'lock.exclusive removed' => function () use ($path) { remove_tree("$path/lock.exclusive"); },
        'lock.exclusive moved away' => function () use ($path) { rename("$path/lock.exclusive", "$path/lock.exclusive.old"); },
        'a file of the same name in its place' => function () use ($own) { unlink($own); touch($own); },
        'a link in its place' => function () use ($own) { unlink($own); symlink('/dev/null', $own); },
        'somebody else in its place' => function () use ($own, $path) { unlink($own); put_record($path, record_name(4711, 0, OTHER_HOST)); },
        'another directory with another record of the same name' => function () use ($own, $path) { rename("$path/lock.exclusive", "$path/lock.old"); mkdir("$path/lock.exclusive"); touch($own); },
        'a file instead of lock.exclusive' => function () use ($path) { rename("$path/lock.exclusive", "$path/lock.old"); touch("$path/lock.exclusive"); },
        'a link instead of lock.exclusive' => function () use ($path) { rename("$path/lock.exclusive", "$path/lock.old"); mkdir("$path/lock.victim"); touch("$path/lock.victim/" . record_name(getmypid())); symlink('lock.victim', "$path/lock.exclusive"); },
    ],
    'acquireShared' => [
        'borg break-lock' => $break_lock,
        'we are not on the roster' => function () use ($path) { put_readers($path); },
        'somebody else is' => function () use ($path) { put_readers($path, roster_entry(4711, 0, OTHER_HOST)); },
        'and somebody else has lock.exclusive now' => function () use ($path) { unlink("$path/lock.roster"); put_record($path, record_name(4711, 0, OTHER_HOST)); },
    ],
] as $method => $ways) {
    foreach ($ways as $name => $break) {
        $lock->$method();
        $break();
        $kept = array_map(function ($file) use ($path) { return "$file: " . implode(', ', entries("$path/$file")); }, lock_files($path));
        check("$method, $name: not held", $lock->isAcquired() === false);
        $took = seconds(function () use ($lock) { thrown(function () use ($lock) { $lock->release(); }); });
        check('soon', $took < 4.0);
        $lock->release();
        check('and then it is released', Sitelock\held() === []);
        // All that may go is what is ours: our record, lock.exclusive if it is empty then, our entry.
        $gone = array_diff($kept, array_map(function ($file) use ($path) { return "$file: " . implode(', ', entries("$path/$file")); }, lock_files($path)));
        check('nothing of others is removed', array_diff($gone, ['lock.exclusive: ', 'lock.roster: ']) === []);
        foreach (lock_files($path) as $file) {
            is_dir("$path/$file") && !is_link("$path/$file") ? remove_tree("$path/$file") : unlink("$path/$file");
        }
        check('and it can be had again', $lock->acquire() && $lock->isAcquired());
        $lock->release();
    }
}

// What is left of a broken one is in nobody's way.
$lock->acquire();
unlink($own);
thrown(function () use ($lock) { $lock->release(); });
$reader = borg_holder($path, 'acquireShared');
check('in nobody\'s way', $lock->acquire() === false);
$reader->wait();
check('we may have it again, and then nothing is left', $lock->acquire() && $lock->release() === null && lock_files($path) === []);

// Somebody else has it meanwhile.
$lock->acquire();
$break_lock();
$holder = borg_holder($path);
$state = lock_state($path);
check('another owner: not held by us', !$lock->isAcquired() && $lock->getHolders()[0]->getPid() === $holder->pid());
thrown(function () use ($lock) { $lock->release(); });
check('his lock stays', lock_state($path) === $state && $lock->acquire() === false);
$holder->tell('release');
check('and is not lost', $holder->hear() === 'released');
$holder->wait();

// And other readers beside us.
$lock->acquireShared();
$break_lock();
$holder = borg_holder($path, 'acquireShared');
$state = lock_state($path);
check('another reader: not held by us', !$lock->isAcquired());
thrown(function () use ($lock) { $lock->release(); });
check('he stays', roster($path) === '{"shared": [' . roster_entry($holder->pid()) . ']}');
$holder->wait();

// Two objects of this process: both are told.
$second = new Sitelock\BorgLock($path, HOST);
$lock->acquireShared();
$second->acquireShared();
$break_lock();
check('two objects: neither is held', !$lock->isAcquired() && !$second->isAcquired());
thrown(function () use ($lock) { $lock->release(); });
thrown(function () use ($second) { $second->release(); });
check('nothing is left', lock_files($path) === []);
$lock->acquireShared();
$break_lock();
check('one that comes after that is held', $second->acquireShared() && $second->isAcquired());
$second->release();
try {
    $lock->release();
} catch (Sitelock\LostLockException $e) {
}
check('nothing is left', lock_files($path) === []);

// The repository itself.
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    rename($path, "$path.old");
    make_repository($path);
    check("$method, another repository in its place: not held", $lock->isAcquired() === false);
    check('release() says so', is_lost(function () use ($lock) { $lock->release(); }));
    check('the other one is untouched', lock_files($path) === []);
    remove_tree($path);
    rename("$path.old", $path);
    $lock->breakStale();
    check('and of the first one nothing is held', what_can_be_had(new Sitelock\BorgLock($path, HOST)) === 'exclusive, shared');
    $lock->$method();
    remove_tree($path);
    check("$method, removed: not held", $lock->isAcquired() === false);
    check('release() says so', is_lost(function () use ($lock) { $lock->release(); }));
    check('released', Sitelock\held() === [] && !file_exists($path));
    make_repository($path);
}

// Moved away and back: it is there, so nothing is lost.
$lock->acquire();
rename("$path/lock.exclusive", "$path/lock.old");
$away = $lock->isAcquired();
rename("$path/lock.old", "$path/lock.exclusive");
check('moved away and back', $away === false && $lock->isAcquired());
$lock->release();
check('nothing is left', lock_files($path) === []);

// Dropped, not released: nobody is there to be told, and nothing is broken.
foreach (['acquire', 'acquireShared'] as $method) {
    $dropped = new Sitelock\BorgLock($path, HOST);
    $dropped->$method();
    $break_lock();
    unset($dropped);
    check("$method, dropped", lock_files($path) === [] && Sitelock\held() === []);
}
?>
--EXPECT--
ok acquire, borg break-lock: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, the record removed: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, lock.exclusive removed: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, lock.exclusive moved away: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, a file of the same name in its place: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, a link in its place: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, somebody else in its place: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, another directory with another record of the same name: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, a file instead of lock.exclusive: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquire, a link instead of lock.exclusive: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquireShared, borg break-lock: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquireShared, we are not on the roster: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquireShared, somebody else is: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
ok acquireShared, and somebody else has lock.exclusive now: not held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok soon
ok and then it is released
ok nothing of others is removed
ok and it can be had again
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok in nobody's way
ok we may have it again, and then nothing is left
ok another owner: not held by us
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok his lock stays
ok and is not lost
ok another reader: not held by us
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok he stays
ok two objects: neither is held
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
Sitelock\LostLockException: the lock of repository was broken while it was held; others may have worked there too
ok nothing is left
ok one that comes after that is held
ok nothing is left
ok acquire, another repository in its place: not held
ok release() says so
ok the other one is untouched
ok and of the first one nothing is held
ok acquire, removed: not held
ok release() says so
ok released
ok acquireShared, another repository in its place: not held
ok release() says so
ok the other one is untouched
ok and of the first one nothing is held
ok acquireShared, removed: not held
ok release() says so
ok released
ok moved away and back
ok nothing is left
ok acquire, dropped
ok acquireShared, dropped
