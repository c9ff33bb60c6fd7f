<?php

/** One file system's part of tools/test-filesystems: php test-filesystem.php KIND MOUNTPOINT FLAG, the last for fuse */

require __DIR__ . '/../php_tests/helper.inc';

use Sitelock\DirectoryLock;
use Sitelock\FileLock;
use Sitelock\Lock;
use Sitelock\SystemException;

[, $kind, $mount, $flag] = $argv;

const EPERM = 1;
const ENOSPC = 28;
const EROFS = 30;

/** Fills the file system to the last byte. Returns the files that do it. */
function fill(string $mount): array
{
    $files = [];
    foreach ([1 << 20, 1 << 12, 1 << 9, 1] as $size) {
        $name = "$mount/fill-$size";
        $file = @fopen($name, 'w');
        if ($file === false) {
            continue;
        }
        stream_set_write_buffer($file, 0);
        while (@fwrite($file, str_repeat('x', $size)) === $size) {
        }
        fclose($file);
        $files[] = $name;
    }
    // Small files take what is left of the blocks that hold files inline.
    for ($i = 0; $i < 100000; $i++) {
        $name = "$mount/small-$i";
        if (@file_put_contents($name, str_repeat('x', 512)) !== 512) {
            @unlink($name);
            break;
        }
        $files[] = $name;
    }
    exec('sync -f ' . escapeshellarg($mount));
    return $files;
}

/** "acquired", "busy", or the errno of the SystemException. */
function attempt(Lock $lock, bool $shared = false)
{
    try {
        return ($shared ? $lock->acquireShared() : $lock->acquire()) ? 'acquired' : 'busy';
    } catch (SystemException $e) {
        return $e->getCode();
    }
}

/** What the record in the file says, with the page cache dropped first where the file is on a disk. */
function recorded_state(string $path): string
{
    exec('sync -f ' . escapeshellarg(dirname($path)));
    return preg_match('/^sitelock 1 (held|released|failed) /', (string) file_get_contents($path), $match) ? $match[1] : 'none';
}

function killed_holder(string $path, string $class = 'FileLock'): int
{
    $child = new Child('$lock = new Sitelock\\' . $class . '($path); $lock->acquire(); say("locked"); hear();', $path);
    $child->hear();
    $child->kill();
    return $child->pid();
}

/** What there is of a lock that is a directory: the lock, and what was prepared for it. */
function traces(string $path): array
{
    clearstatcache();
    return array_merge(glob("$path/*"), glob("$path.*"), is_dir($path) ? [$path] : []);
}

if ($kind === 'fuse') {
    // --- a server that renames and says that it has not: then it may know the record by a name under which nobody
    // finds it, and the lock on it is seen by nobody
    $path = "$mount/directory";
    $take = '$lock = new Sitelock\DirectoryLock($path, "the label");
        try { $had = $lock->METHOD(); } catch (Sitelock\LockException $e) { say(get_class($e)); exit; }
        say($had ? "acquired" : "busy"); hear(); say($lock->isAcquired() ? "still" : "lost"); hear(); $lock->release(); say("released"); hear();';
    foreach (['acquire', 'acquireShared'] as $method) {
        foreach ([false, true] as $loses) {
            foreach ([false, true] as $beside) {
                if ($beside && $method === 'acquire') {
                    continue;
                }
                $what = $method . ($beside ? ' beside another one' : '') . ($loses ? ', the answer is lost' : '');
                $other = null;
                if ($beside) {
                    $other = new Child('$lock = new Sitelock\DirectoryLock($path); $lock->acquireShared(); say("locked"); hear(); say($lock->isAcquired() ? "still" : "lost"); $lock->release(); say("released"); hear();', $path);
                    $other->hear();
                }
                // With one in the way the first rename is refused, and the second one is the record's.
                $loses && touch($flag);
                $child = new Child(str_replace('METHOD', $method, $take), $path);
                $outcome = $child->hear();
                check("$what: acquired", $outcome === 'acquired');
                check("$what: that was so", !$loses || !file_exists($flag));
                $next = new DirectoryLock($path);
                $holders = array_map(function ($holder) { return $holder->getPid(); }, $next->getHolders());
                check("$what: its lock is seen by all", in_array($child->pid(), $holders, true) && count($holders) === ($beside ? 2 : 1));
                $got = $next->acquire();
                $child->tell('go on');
                check("$what: never two owners", $got === false && $child->hear() === 'still');
                check("$what: no one takes it for dead", $next->breakStale() === false && count(glob("$path/*")) === ($beside ? 2 : 1));
                $child->tell('go on');
                check("$what: released", $child->hear() === 'released');
                $child->wait();
                if ($other) {
                    $other->tell('go on');
                    check("$what: the other one has lost nothing", $other->hear() === 'still' && $other->hear() === 'released');
                    $other->wait();
                }
                check("$what: nothing is left", traces($path) === []);
                check("$what: free", $next->acquire() === true);
                $next->release();
                check("$what: nothing is left again", traces($path) === []);
            }
        }
    }
    exit;
}

// --- who holds it
$path = "$mount/lock";
$child = new Child('$lock = new Sitelock\FileLock($path, "the label"); $lock->acquire(); say("locked"); hear();', $path);
$child->hear();
$lock = new FileLock($path);
$holders = $lock->getHolders();
check('the holder is named', attempt($lock) === 'busy' && count($holders) === 1 && $holders[0]->getPid() === $child->pid()
    && $holders[0]->getLabel() === 'the label');
$child->wait();
$reader = new Child('$lock = new Sitelock\FileLock($path); $lock->acquireShared(); say("locked"); hear();', $path);
$reader->hear();
$holders = $lock->getHolders();
check('a shared holder is named, from the kernel alone', count($holders) === 1 && $holders[0]->getPid() === $reader->pid() && $holders[0]->isShared());
$reader->wait();
check('free when it is free', $lock->getHolders() === []);
check('acquired and released', attempt($lock) === 'acquired' && (function () use ($lock) { $lock->release(); return true; })());


// --- waiting
$lock->acquire();
$waiter = new Child('$lock = new Sitelock\FileLock($path); say("begin"); say($lock->acquire(60) ? "got it" : "in vain"); hear();', $path);
$waiter->hear();
while ($lock->getWaitersAhead() === 0) {
    usleep(1000);
}
check('a waiter is counted', $lock->getWaitersAhead() === 1);
$lock->release();
check('and has its turn', $waiter->hear() === 'got it' && $lock->getHolders()[0]->getPid() === $waiter->pid());
$waiter->wait();

// --- two processes that wait for each other
$cycle = '[$first, $second] = array_map(function ($name) use ($path) { return new Sitelock\FileLock(dirname($path) . "/$name"); }, %s);
    $first->acquire(); say("has one"); hear();
    try { say($second->acquire(60) ? "got both" : "in vain"); } catch (Sitelock\DeadlockException $e) { say($e->getMessage()); }';
$one = new Child(sprintf($cycle, '["a", "b"]'), $path);
$two = new Child(sprintf($cycle, '["b", "a"]'), $path);
$one->hear();
$two->hear();
$one->tell('go on');
$two->tell('go on');
$said = [$one->hear(), $two->hear()];
$one->wait();
$two->wait();
$told = preg_grep('~^deadlock: this process waits for \S+/[ab], held by pid \d+ ~', $said);
check('a deadlock is told to one of the two, and the other one gets both', count($told) === 1 && in_array('got both', $said, true));

// --- a lock that is a directory
$path = "$mount/directory";
$lock = new DirectoryLock($path);
$child = new Child('$lock = new Sitelock\DirectoryLock($path, "the label"); $lock->acquire(); say("locked"); hear(); $lock->release(); say("released"); hear();', $path);
$child->hear();
$holders = $lock->getHolders();
check('directory: the holder is named', attempt($lock) === 'busy' && count($holders) === 1 && $holders[0]->getPid() === $child->pid()
    && $holders[0]->getLabel() === 'the label' && $holders[0]->isAlive() === true);
check('directory: waits', $lock->acquire(60, function () use ($child) { $child->tell('release'); }) && $child->hear() === 'released');
check('directory: seen by the other one', $lock->isAcquired() && $lock->getHolders()[0]->isSelf());
$lock->release();
$child->wait();
check('directory: nothing is left', traces($path) === []);
killed_holder($path, 'DirectoryLock');
check('directory: a dead owner is nobody', $lock->getHolders() === [] && count(traces($path)) === 2);
check('directory: and in nobody\'s way', attempt($lock) === 'acquired');
$lock->release();
$readers = array_map(function () use ($path) {
    $reader = new Child('$lock = new Sitelock\DirectoryLock($path); $lock->acquireShared(); say("locked"); hear();', $path);
    $reader->hear();
    return $reader;
}, [1, 2]);
check('directory: shared by two, not by a writer', count($lock->getHolders()) === 2 && attempt($lock) === 'busy' && attempt($lock, true) === 'acquired');
$lock->release();
$readers[0]->kill();
$readers[1]->wait();
check('directory: one died, one released', attempt($lock) === 'acquired');
$lock->release();
check('directory: nothing is left again', traces($path) === []);

if ($kind === 'overlay') {
    exit;
}

// --- a record that cannot be removed
$path = "$mount/immutable";
$lock = new DirectoryLock($path);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    $record = record($path);
    exec('chattr +i ' . escapeshellarg($record) . ' 2>&1', $output, $status);
    if ($status !== 0) { // not this kind
        $lock->release();
        break;
    }
    try {
        $lock->release();
        check("$method: a record that cannot be removed is told of", false);
    } catch (SystemException $e) {
        check("$method: a record that cannot be removed is told of: EPERM", $e->getCode() === EPERM && strpos($e->getMessage(), 'unlink') === 0);
    }
    check("$method: and it is given back", !$lock->isAcquired() && Sitelock\held() === [] && !is_directory_locked($path) && $lock->getHolders() === []);
    check("$method: the record stays alone", traces($path) === [$record, $path]);
    exec('chattr -i ' . escapeshellarg($record));
    check("$method: when it can be removed, it is nobody's", attempt($lock) === 'acquired' && records($path) !== [$record]);
    $lock->release();
    check("$method: nothing is left", traces($path) === []);
}

// --- a full disk
$held = new FileLock("$mount/held");
$held->acquire();
$directory = new DirectoryLock("$mount/held-directory");
$directory->acquire();
$dead = killed_holder("$mount/dead");
$full = fill($mount);
check('the disk is full', @file_put_contents("$mount/one-more", str_repeat('x', 1 << 16)) !== 1 << 16);
@unlink("$mount/one-more");

$lock = new FileLock("$mount/new");
$outcome = attempt($lock);
if ($outcome === 'acquired') {
    check('a new lock on a full disk: acquired, and it is recorded', recorded_state("$mount/new") === 'held');
    $lock->release();
} else {
    check("a new lock on a full disk: an error, ENOSPC", $outcome === ENOSPC);
    check('and it is neither held nor locked', !$lock->isAcquired() && Sitelock\held() === [$held, $directory]
        && (!file_exists("$mount/new") || !is_locked("$mount/new")));
}
$silent = new FileLock("$mount/held-silent", '', 0600, false);
$outcome = attempt($silent);
check('without a record: acquired, unless not even an empty file can be made', $outcome === 'acquired' || $outcome === ENOSPC);
$silent->release();

$lock = new FileLock("$mount/dead");
$outcome = attempt($lock);
if ($outcome === 'acquired') {
    check('an existing lock: acquired, recorded, and told of the dead owner', recorded_state("$mount/dead") === 'held'
        && $lock->getAbandonedBy()[0]->getPid() === $dead);
    $lock->release();
    check('released', !is_locked("$mount/dead"));
} else {
    check('an existing lock: an error, ENOSPC, and not locked', $outcome === ENOSPC && !is_locked("$mount/dead"));
}
$lock = new DirectoryLock("$mount/new-directory");
$outcome = attempt($lock);
check('a directory on a full disk: acquired, or an error, ENOSPC', $outcome === 'acquired' && $lock->isAcquired() || $outcome === ENOSPC && !$lock->isAcquired());
$lock->release();
check('and nothing is left of it', traces("$mount/new-directory") === []);
$directory->release();
check('one that was held before is given back', traces("$mount/held-directory") === []);
$held->release();
check('a lock that was held before is given back', !is_locked("$mount/held"));

array_map('unlink', $full);
exec('sync -f ' . escapeshellarg($mount));
$lock = new FileLock("$mount/dead");
check('with space again the dead owner is still reported', attempt($lock) === 'acquired' && $lock->getAbandonedBy() !== []
    && $lock->getAbandonedBy()[0]->getPid() === $dead);
$lock->release();
check('and so is no one else than those who could not write', attempt($held) === 'acquired' && count($held->getAbandonedBy()) <= 1);
$held->release();

// --- no inode is left
$directory->acquire();
for ($i = 0; $i < 100000 && ($kind === 'tmpfs' || $kind === 'ext4') && @touch("$mount/inode-$i"); $i++) {
}
$lock = new DirectoryLock("$mount/new-directory");
if ($i > 0) {
    check('no inode is left, and not one for the record: an error, ENOSPC', attempt($lock) === ENOSPC && unlink("$mount/inode-0") && attempt($lock) === ENOSPC);
    check('nothing is held, nothing is left', !$lock->isAcquired() && traces("$mount/new-directory") === []);
    check('two are enough', unlink("$mount/inode-1") && attempt($lock) === 'acquired');
    $lock->release();
}
$directory->release();
check('one that was held before is given back then too', traces("$mount/held-directory") === []);
for ($i = 0; file_exists("$mount/inode-" . ($i + 2)); $i++) {
    unlink("$mount/inode-" . ($i + 2));
}

// --- read-only
killed_holder("$mount/dead-directory", 'DirectoryLock');
$lock = new FileLock("$mount/dead");
exec('mount -o remount,ro ' . escapeshellarg($mount), $output, $status);
check('remounted read-only', $status === 0);
check('exclusive: an error, EROFS', attempt($lock) === EROFS);
check('shared: acquired', attempt($lock, true) === 'acquired' && $lock->getHolders()[0]->isSelf());
check('and told', count($lock->getAbandonedBy()) === 1);
$lock->release();
check('a new lock: an error, EROFS', attempt(new FileLock("$mount/never")) === EROFS);
$lock = new DirectoryLock("$mount/dead-directory");
check('a directory: an error, EROFS, and nobody has it', attempt($lock) === EROFS && $lock->getHolders() === []);
try {
    $lock->breakStale();
    check('a dead owner cannot be removed', false);
} catch (SystemException $e) {
    check('a dead owner cannot be removed: an error, EROFS', $e->getCode() === EROFS);
}
