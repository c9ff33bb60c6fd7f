--TEST--
Repositories of other users: what root makes in one belongs to its owner, and what the kernel refuses is refused by name
--SKIPIF--
<?php if (posix_geteuid() !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/borg.inc';

/** Runs $code as nobody, with a lock on $path, and shows what it prints. */
function as_nobody(string $what, string $path, string $code): void
{
    $child = new Child('become_nobody(); $lock = new Sitelock\BorgLock($path, "web1@8796750862"); ' . $code, $path);
    while (($line = $child->hear()) !== null) {
        echo "$what: $line\n";
    }
    $child->wait();
}

function give(string $path, int $user, int $group): void
{
    chown($path, $user);
    chgrp($path, $group);
    foreach (is_dir($path) && !is_link($path) ? entries($path) : [] as $name) {
        give("$path/$name", $user, $group);
    }
}

/** Whose are they? */
function owners(string $path): array
{
    clearstatcache();
    $owners = [];
    foreach (lock_files($path) as $name) {
        $owners[] = sprintf('%s %d:%d %o', $name, fileowner("$path/$name"), filegroup("$path/$name"), fileperms("$path/$name") & 07777);
        foreach (is_dir("$path/$name") ? entries("$path/$name") : [] as $record) {
            $owners[] = sprintf('record %d:%d %o', fileowner("$path/$name/$record"), filegroup("$path/$name/$record"), fileperms("$path/$name/$record") & 07777);
        }
    }
    return $owners;
}

$all = 'foreach (["acquire", "acquireShared", "breakStale", "getHolders"] as $method) {
        try { $result = $lock->$method(); say("$method: " . (is_array($result) ? count($result) . " holder" : var_export($result, true))); $lock->release(); }
        catch (Sitelock\LockException $e) { say("$method: " . get_class($e) . " " . $e->getCode()); } }';

// Root in a repository of somebody else.
$path = repository();
$in = dirname($path);
chmod($in, 0755);
give($path, 65534, 1);
$before = rest($path);
$lock = new Sitelock\BorgLock($path, HOST);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    echo "root, $method: ", implode(', ', owners($path)), "\n";
    as_nobody('its owner beside that', $path, $all);
    $lock->release();
    check('nothing is left', lock_files($path) === []);
}
// What root leaves when it is killed its owner can clear, and the other way round.
foreach (['acquire', 'acquireShared'] as $method) {
    killed_owner($path, $method);
    as_nobody("root was killed, $method", $path, $all);
    check('nothing is left', lock_files($path) === []);
    as_nobody('', $path, '$lock->' . $method . '(); posix_kill(getmypid(), SIGKILL);');
    echo "its owner was killed, $method: ", implode(', ', owners($path)), '; ', what_can_be_had($lock), "\n";
    check('nothing is left', lock_files($path) === []);
}
// A roster that is there keeps its owner and mode.
put_readers($path, roster_entry(4711, 0, OTHER_HOST));
chown("$path/lock.roster", 2);
chgrp("$path/lock.roster", 3);
chmod("$path/lock.roster", 0664);
$lock->acquireShared();
echo 'a roster that was there: ', implode(', ', owners($path)), "\n";
$lock->release();
echo 'afterwards: ', implode(', ', owners($path)), "\n";
unlink("$path/lock.roster");
// Who waits is no trouble to its owner either.
as_nobody('root waits', $path, '$lock->acquire(); say("has it"); $pid = pcntl_fork(); if (!$pid) { exit; } pcntl_waitpid($pid, $s); $lock->release();');
check('all else in the repository is its owner\'s, and untouched', rest($path) === $before && lock_files($path) === []);

// Nobody in a repository of root.
$path = repository();
chmod(dirname($path), 0755);
chmod($path, 0755);
as_nobody('config is private', $path, $all);
check('untouched', lock_files($path) === []);
chmod("$path/config", 0644);
as_nobody('it may look, not write', $path, $all);
check('untouched', lock_files($path) === []);
$lock = new Sitelock\BorgLock($path, HOST);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    $state = lock_state($path);
    as_nobody("it may look, and root has it, $method", $path, $all);
    check('untouched', lock_state($path) === $state);
    $lock->release();
}
chmod($path, 0777);
foreach (['acquire', 'acquireShared'] as $method) {
    $lock->$method();
    as_nobody("it may write, and root has it, $method", $path, $all . ' say($lock->acquire(0.1) ? "NOT" : "busy");');
    check('root still has it', $lock->isAcquired());
    $lock->release();
}
as_nobody('it may write, and nobody has it', $path, $all);
as_nobody('it may write, and has it', $path, '$lock->acquire(); say(implode(", ", entries("$path/lock.exclusive")) !== "" ? "held" : "NOT"); $lock->release();');
check('nothing is left', lock_files($path) === []);
chmod($path, 01777);
killed_owner($path);
as_nobody('sticky, root was killed', $path, $all);
$lock->breakStale();
check('root can clear it', lock_files($path) === []);
chmod($path, 0333);
as_nobody('not readable', $path, $all);
chmod($path, 0755);
check('nothing is left', lock_files($path) === []);

// Read-only.
chmod($path, 0700);
$child = proc_open(array_merge(['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"', $path],
    php_command(['-r', '$path = ' . var_export($path, true) . '; require ' . var_export(__DIR__ . '/borg.inc', true) . '; $lock = new Sitelock\BorgLock($path, HOST);' . $all])), [1 => ['pipe', 'w']], $pipes);
echo preg_replace('/^/m', 'read-only: ', rtrim(stream_get_contents($pipes[1]))), "\n";
proc_close($child);
check('untouched', lock_files($path) === []);
?>
--EXPECT--
root, acquire: lock.exclusive 65534:1 700, record 65534:1 600, lock.roster 65534:1 600
its owner beside that: acquire: false
its owner beside that: acquireShared: false
its owner beside that: breakStale: false
its owner beside that: getHolders: 1 holder
ok nothing is left
root, acquireShared: lock.roster 65534:1 600
its owner beside that: acquire: false
its owner beside that: acquireShared: true
its owner beside that: breakStale: false
its owner beside that: getHolders: 1 holder
ok nothing is left
root was killed, acquire: acquire: true
root was killed, acquire: acquireShared: true
root was killed, acquire: breakStale: false
root was killed, acquire: getHolders: 0 holder
ok nothing is left
its owner was killed, acquire: lock.exclusive 65534:0 700, record 65534:0 600, lock.roster 65534:0 600; exclusive, shared
ok nothing is left
root was killed, acquireShared: acquire: true
root was killed, acquireShared: acquireShared: true
root was killed, acquireShared: breakStale: false
root was killed, acquireShared: getHolders: 0 holder
ok nothing is left
its owner was killed, acquireShared: lock.roster 65534:0 600; exclusive, shared
ok nothing is left
a roster that was there: lock.roster 2:3 664
afterwards: lock.roster 2:3 664
root waits: has it
ok all else in the repository is its owner's, and untouched
config is private: acquire: Sitelock\SystemException 13
config is private: acquireShared: Sitelock\SystemException 13
config is private: breakStale: Sitelock\SystemException 13
config is private: getHolders: Sitelock\SystemException 13
ok untouched
it may look, not write: acquire: Sitelock\SystemException 13
it may look, not write: acquireShared: Sitelock\SystemException 13
it may look, not write: breakStale: Sitelock\SystemException 13
it may look, not write: getHolders: 0 holder
ok untouched
it may look, and root has it, acquire: acquire: Sitelock\SystemException 13
it may look, and root has it, acquire: acquireShared: Sitelock\SystemException 13
it may look, and root has it, acquire: breakStale: Sitelock\SystemException 13
it may look, and root has it, acquire: getHolders: 1 holder
ok untouched
it may look, and root has it, acquireShared: acquire: Sitelock\SystemException 13
it may look, and root has it, acquireShared: acquireShared: Sitelock\SystemException 13
it may look, and root has it, acquireShared: breakStale: Sitelock\SystemException 13
it may look, and root has it, acquireShared: getHolders: 1 holder
ok untouched
it may write, and root has it, acquire: acquire: false
it may write, and root has it, acquire: acquireShared: false
it may write, and root has it, acquire: breakStale: false
it may write, and root has it, acquire: getHolders: 1 holder
it may write, and root has it, acquire: busy
ok root still has it
it may write, and root has it, acquireShared: acquire: false
it may write, and root has it, acquireShared: acquireShared: true
it may write, and root has it, acquireShared: breakStale: false
it may write, and root has it, acquireShared: getHolders: 1 holder
it may write, and root has it, acquireShared: busy
ok root still has it
it may write, and nobody has it: acquire: true
it may write, and nobody has it: acquireShared: true
it may write, and nobody has it: breakStale: false
it may write, and nobody has it: getHolders: 0 holder
it may write, and has it: held
ok nothing is left
sticky, root was killed: acquire: Sitelock\UnsafePathException 1
sticky, root was killed: acquireShared: Sitelock\UnsafePathException 1
sticky, root was killed: breakStale: Sitelock\UnsafePathException 1
sticky, root was killed: getHolders: 1 holder
ok root can clear it
not readable: acquire: Sitelock\SystemException 13
not readable: acquireShared: Sitelock\SystemException 13
not readable: breakStale: Sitelock\SystemException 13
not readable: getHolders: Sitelock\SystemException 13
ok nothing is left
read-only: acquire: Sitelock\SystemException 30
read-only: acquireShared: Sitelock\SystemException 30
read-only: breakStale: Sitelock\SystemException 30
read-only: getHolders: 0 holder
ok untouched
