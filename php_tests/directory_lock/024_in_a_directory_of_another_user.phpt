--TEST--
Another user has made the lock directory where all may write: root does not join him there, and has it when he is gone
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

/** The times of a directory say whether anything was ever in it. */
function times(string $path): array
{
    clearstatcache();
    $all = stat($path);
    return [$all['ino'], $all['mtime'], $all['ctime'], trim(shell_exec('stat -c %y%z ' . escapeshellarg($path)))];
}

$path = test_path_alone();
$in = dirname($path);
$lock = new Sitelock\DirectoryLock($path);
$nobody = posix_getpwuid(65534)['name'];
foreach ([01777 => 'sticky', 0777 => 'not sticky'] as $mode => $name) {
    chmod($in, $mode);
    foreach (['a record that he made up', 'one who lives'] as $owner) {
        $child = null;
        if ($owner === 'one who lives') {
            $child = new Child('become_nobody(); $lock = new Sitelock\DirectoryLock($path, "theirs"); $lock->acquireShared(); say("locked"); hear(); $lock->release(); say("released");', $path);
            $child->hear();
        } else {
            $record = unknown_owner($path, 'acquireShared');
            file_put_contents($record, '');
            chown($record, 65534);
            chown($path, 65534);
        }
        $record = record($path);
        usleep(20000); // the clock of files ticks slowly
        $before = times($path);
        check("$name, $owner: not joined", $lock->acquireShared() === false && $lock->acquire() === false && $lock->acquireShared(0.1) === false);
        check('no record of root was in there', times($path) === $before && records($path) === [$record]);
        $holders = $lock->getHolders();
        check('the user is named', count($holders) === 1 && $holders[0]->getUser() === $nobody && $holders[0]->isShared()
            && $holders[0]->isAlive() === ($child ? true : null));
        check('nothing is left beside it', entries($in) === [basename($path)]);
        // Who waits has it when he is gone.
        $waiter = new Child('$lock = new Sitelock\DirectoryLock($path); say($lock->acquireShared(INF, function () { static $calls = 0; $calls++ || say("waits"); }) ? "held" : "NOT"); say(fileowner($path) === 0 ? "in our own" : "in theirs"); hear(); $lock->release(); say("released");', $path);
        echo $waiter->hear(), "\n";
        check('nor is that of who waits', times($path) === $before);
        if ($child) {
            $child->tell('release');
            $child->wait();
        } else {
            unlink($record);
        }
        echo $waiter->hear(), ', ', $waiter->hear(), "\n";
        check('and others beside', $lock->acquireShared() === true && count($lock->getHolders()) === 2);
        $lock->release();
        $waiter->tell('release');
        $waiter->hear();
        $waiter->wait();
        check('nothing is left', entries($in) === []);
    }
    // Dead, he is in nobody's way.
    $record = dead_owner($path, 'acquireShared');
    chown($record, 65534);
    chown($path, 65534);
    check('a dead one', $lock->acquireShared() === true && fileowner($path) === 0 && count(records($path)) === 1);
    $lock->release();
    check('nothing is left', entries($in) === []);
}

// The control: among those of the same user.
$record = unknown_owner($path, 'acquireShared');
usleep(20000);
$before = times($path);
check('in our own it is joined', $lock->acquireShared() === true && count(records($path)) === 2 && times($path) !== $before);
?>
--EXPECT--
ok sticky, a record that he made up: not joined
ok no record of root was in there
ok the user is named
ok nothing is left beside it
waits
ok nor is that of who waits
held, in our own
ok and others beside
ok nothing is left
ok sticky, one who lives: not joined
ok no record of root was in there
ok the user is named
ok nothing is left beside it
waits
ok nor is that of who waits
held, in our own
ok and others beside
ok nothing is left
ok a dead one
ok nothing is left
ok not sticky, a record that he made up: not joined
ok no record of root was in there
ok the user is named
ok nothing is left beside it
waits
ok nor is that of who waits
held, in our own
ok and others beside
ok nothing is left
ok not sticky, one who lives: not joined
ok no record of root was in there
ok the user is named
ok nothing is left beside it
waits
ok nor is that of who waits
held, in our own
ok and others beside
ok nothing is left
ok a dead one
ok nothing is left
ok in our own it is joined
