--TEST--
Directories of other users: in a sticky directory refused by name, elsewhere busy; unreadable and unwritable ones
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../helper.inc';

/** Runs $code as nobody, with a lock at $path, and shows what it prints. */
function as_nobody(string $what, string $path, string $code): void
{
    $child = new Child('become_nobody(); $lock = new Sitelock\DirectoryLock($path); ' . $code, $path);
    while (($line = $child->hear()) !== null) {
        echo "$what: $line\n";
    }
    $child->wait();
}

$all = 'foreach (["acquire", "acquireShared", "breakStale"] as $method) { try { say("$method: " . var_export($lock->$method(), true)); } catch (Sitelock\UnsafePathException $e) { thrown(function () use ($e) { throw $e; }); } }
    $holders = $lock->getHolders(); say(count($holders) . " holder, isAlive() " . (count($holders) ? var_export($holders[0]->isAlive(), true) : "-"));';

$path = test_path_alone();
$in = dirname($path);
chmod($in, 01777);
mkdir($path, 0700);
chown($path, 1);
as_nobody('sticky, empty', $path, $all);
check('untouched', fileowner($path) === 1 && entries($in) === [basename($path)]);
touch("$path/theirs");
as_nobody('sticky, full', $path, $all);
check('untouched', entries($path) === ['theirs'] && entries($in) === [basename($path)]);
chmod($path, 0755);
as_nobody('sticky, readable', $path, str_replace('"acquireShared", ', '', $all));
check('untouched', entries($path) === ['theirs'] && entries($in) === [basename($path)]);
remove_tree($path);
as_nobody('sticky, free', $path, 'say(var_export($lock->acquire() && $lock->isAcquired(), true)); $lock->release(); say(entries(dirname($path)) === [] ? "nothing is left" : "LEFT");');

$path = test_path_alone();
$in = dirname($path);
chmod($in, 0777);
$holder = directory_holder($path);
$record = record($path);
as_nobody('root has it', $path, $all . 'say(var_export($lock->acquire(0.1), true)); try { $lock->synchronized(function () {}, 0.0); } catch (Sitelock\BusyException $e) { say("BusyException, " . count($e->getHolders())); } thrown(function () use ($lock, $holders) { $lock->forceBreak(...$holders); });');
check('untouched', record($path) === $record && entries($in) === [basename($path)]);
chmod($path, 0755);
as_nobody('root has it, and lets others look', $path, str_replace('"acquireShared", ', '', $all));
check('untouched', record($path) === $record && entries($in) === [basename($path)]);
$holder->wait();
mkdir($path, 0700);
as_nobody('an empty one of root, not sticky', $path, 'say(var_export($lock->acquire() && fileowner($path) === 65534, true)); $lock->release(); say(entries(dirname($path)) === [] ? "nothing is left" : "LEFT");');

chmod($in, 0755);
as_nobody('not writable', $path, 'foreach (["acquire", "acquireShared"] as $method) { try { $lock->$method(); } catch (Sitelock\SystemException $e) { say("$method: errno " . $e->getCode()); } } say(count($lock->getHolders()) . " holders"); say(var_export($lock->breakStale(), true));');
chown($in, 65534);
chmod($in, 0300);
as_nobody('not readable', $path, 'say(var_export($lock->acquire(), true)); say(var_export((new Sitelock\DirectoryLock($path))->acquire(), true)); $lock->release();');
check('nothing is left', entries($in) === []);
chmod($in, 0700);
as_nobody('a dead owner who cannot be removed', $path, 'if (!$pid = pcntl_fork()) { $lock->acquire(); posix_kill(getmypid(), SIGKILL); } pcntl_waitpid($pid, $status); chmod($path, 0500);
    foreach (["acquire", "breakStale"] as $method) { try { $lock->$method(); } catch (Sitelock\SystemException $e) { say("$method: errno " . $e->getCode()); } }
    say(count(entries(dirname($path))) . " left"); chmod($path, 0700); say(var_export($lock->breakStale(), true));');
foreach ([0, 0777, 0077] as $umask) {
    as_nobody(sprintf('umask %o', $umask), $path, 'umask(' . $umask . '); try { $lock->acquire(); say(sprintf("directory %o, record %o", fileperms($path) & 07777, fileperms(record($path)) & 07777)); $lock->release(); }
        catch (Sitelock\LockException $e) { thrown(function () use ($e) { throw $e; }); }
        say(entries(dirname($path)) === [] ? "nothing is left" : "LEFT");');
}
check('nothing is left', entries($in) === []);
?>
--EXPECT--
sticky, empty: Sitelock\UnsafePathException: lock belongs to daemon, and nobody else may replace it here
sticky, empty: Sitelock\UnsafePathException: lock belongs to daemon, and nobody else may replace it here
sticky, empty: Sitelock\UnsafePathException: lock belongs to daemon, and nobody else may replace it here
sticky, empty: 1 holder, isAlive() NULL
ok untouched
sticky, full: Sitelock\UnsafePathException: lock belongs to daemon, and nobody else may replace it here
sticky, full: Sitelock\UnsafePathException: lock belongs to daemon, and nobody else may replace it here
sticky, full: Sitelock\UnsafePathException: lock belongs to daemon, and nobody else may replace it here
sticky, full: 1 holder, isAlive() NULL
ok untouched
sticky, readable: Sitelock\UnsafePathException: lock belongs to daemon, and nobody else may replace it here
sticky, readable: breakStale: false
sticky, readable: 1 holder, isAlive() NULL
ok untouched
sticky, free: true
sticky, free: nothing is left
root has it: acquire: false
root has it: acquireShared: false
root has it: Sitelock\UnsafePathException: lock belongs to root, and nobody else may replace it here
root has it: 1 holder, isAlive() NULL
root has it: false
root has it: BusyException, 1
root has it: ValueError or InvalidArgumentException: this Holder names no record of a DirectoryLock, so there is nothing of him to break
ok untouched
root has it, and lets others look: acquire: false
root has it, and lets others look: breakStale: false
root has it, and lets others look: 1 holder, isAlive() NULL
ok untouched
an empty one of root, not sticky: true
an empty one of root, not sticky: nothing is left
not writable: acquire: errno 13
not writable: acquireShared: errno 13
not writable: 0 holders
not writable: false
not readable: true
not readable: false
ok nothing is left
a dead owner who cannot be removed: acquire: errno 13
a dead owner who cannot be removed: breakStale: errno 13
a dead owner who cannot be removed: 1 left
a dead owner who cannot be removed: true
umask 0: directory 700, record 600
umask 0: nothing is left
umask 777: Sitelock\SystemException: open(lock): Permission denied
umask 777: nothing is left
umask 77: directory 700, record 600
umask 77: nothing is left
ok nothing is left
