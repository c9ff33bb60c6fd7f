--TEST--
A lock that was taken away: isAcquired() is false, release() throws, and nothing of others is removed
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
foreach ([
    'record removed' => function ($record) { unlink($record); },
    'record and directory removed' => function ($record, $path) { unlink($record); rmdir($path); },
    'record moved away' => function ($record, $path) { rename($record, "$path.old"); },
    'directory moved away' => function ($record, $path) { rename($path, "$path.old"); },
    'directory moved away, another one in its place' => function ($record, $path) { rename($path, "$path.old"); mkdir($path); touch("$path/theirs"); },
    'directory moved away, a file in its place' => function ($record, $path) { rename($path, "$path.old"); touch($path); },
    'directory moved away, a link in its place' => function ($record, $path) { rename($path, "$path.old"); mkdir("$path.victim"); touch("$path.victim/theirs"); symlink("$path.victim", $path); },
    'another file under the name of the record' => function ($record, $path) { unlink($record); touch($record); },
    'a link under the name of the record' => function ($record, $path) { unlink($record); symlink('/dev/null', $record); },
    'a directory under the name of the record' => function ($record, $path) { unlink($record); mkdir($record); },
    'other things beside the record that was removed' => function ($record, $path) { unlink($record); touch("$path/theirs"); },
] as $name => $change) {
    foreach (['acquire', 'acquireShared'] as $method) {
        $lock->$method();
        $record = record($path);
        $change($record, $path);
        $list = function () use ($path, $record): array {
            $list = [];
            foreach (entries(dirname($path)) as $entry) {
                $list[$entry] = is_link(dirname($path) . "/$entry") ? 'link' : entries(dirname($path) . "/$entry");
            }
            return $list;
        };
        $before = $list();
        check("$name, $method: not held", $lock->isAcquired() === false);
        thrown(function () use ($lock) { $lock->release(); });
        $lock->release();
        check('and then it is released', Sitelock\held() === []);
        // All that may go is what is ours: the record and the directory that was renamed into place, if it is empty.
        $after = $list();
        $ours = 0;
        foreach ($before as $entry => $content) {
            if (!isset($after[$entry])) {
                $ours += $content === [] ? 0 : 1;
            } elseif ($content !== $after[$entry]) {
                $ours += $entry === basename("$path.old") && $content === [basename($record)] && $after[$entry] === [] ? 0 : 1;
            }
        }
        check('nothing of others is removed', $ours === 0);
        remove_tree(dirname($path));
        mkdir(dirname($path));
    }
}

// Somebody else is the owner meanwhile.
$lock->acquire();
unlink(record($path));
$holder = directory_holder($path);
$record = record($path);
check('another owner: not held by us', !$lock->isAcquired() && $lock->getHolders()[0]->getPid() === $holder->pid());
thrown(function () use ($lock) { $lock->release(); });
check('his lock stays', record($path) === $record && is_directory_locked($path) && $lock->acquire() === false);
$holder->tell('release');
check('and is not lost', $holder->hear() === 'released');
$holder->wait();

// And other readers beside us.
$lock->acquireShared();
$ours = record($path);
$holder = directory_holder($path, 'acquireShared');
unlink($ours);
thrown(function () use ($lock) { $lock->release(); });
check('another reader stays', count(records($path)) === 1 && is_directory_locked($path));
$holder->wait();

// Moved away and back: it is there, so nothing is lost.
$lock->acquire();
rename($path, "$path.old");
$away = $lock->isAcquired();
rename("$path.old", $path);
check('moved away and back', $away === false && $lock->isAcquired());
$lock->release();
check('nothing is left', entries(dirname($path)) === []);

// Dropped, not released: nobody is there to be told, and nothing is broken.
$lock->acquire();
unlink(record($path));
unset($lock);
check('dropped', entries(dirname($path)) === []);
?>
--EXPECT--
ok record removed, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok record removed, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok record and directory removed, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok record and directory removed, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok record moved away, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok record moved away, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok directory moved away, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok directory moved away, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok directory moved away, another one in its place, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok directory moved away, another one in its place, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok directory moved away, a file in its place, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok directory moved away, a file in its place, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok directory moved away, a link in its place, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok directory moved away, a link in its place, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok another file under the name of the record, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok another file under the name of the record, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok a link under the name of the record, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok a link under the name of the record, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok a directory under the name of the record, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok a directory under the name of the record, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok other things beside the record that was removed, acquire: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok other things beside the record that was removed, acquireShared: not held
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok and then it is released
ok nothing of others is removed
ok another owner: not held by us
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok his lock stays
ok and is not lost
Sitelock\LostLockException: lock was removed or replaced while it was locked; others may have had the lock too
ok another reader stays
ok moved away and back
ok nothing is left
ok dropped
