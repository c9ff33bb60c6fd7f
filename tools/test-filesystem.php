<?php

/** One file system's part of tools/test-filesystems: php test-filesystem.php KIND MOUNTPOINT */

require __DIR__ . '/../php_tests/helper.inc';

use Sitelock\FileLock;
use Sitelock\SystemException;

[, $kind, $mount] = $argv;

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
function attempt(FileLock $lock, bool $shared = false)
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

function killed_holder(string $path): int
{
    $child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(); say("locked"); hear();', $path);
    $child->hear();
    $child->kill();
    return $child->pid();
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

if ($kind === 'overlay') {
    exit;
}

// --- a full disk
$held = new FileLock("$mount/held");
$held->acquire();
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
    check('and it is neither held nor locked', !$lock->isAcquired() && Sitelock\held() === [$held]
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

// --- read-only
exec('mount -o remount,ro ' . escapeshellarg($mount), $output, $status);
check('remounted read-only', $status === 0);
check('exclusive: an error, EROFS', attempt($lock) === EROFS);
check('shared: acquired', attempt($lock, true) === 'acquired' && $lock->getHolders()[0]->isSelf());
check('and told', count($lock->getAbandonedBy()) === 1);
$lock->release();
check('a new lock: an error, EROFS', attempt(new FileLock("$mount/never")) === EROFS);
