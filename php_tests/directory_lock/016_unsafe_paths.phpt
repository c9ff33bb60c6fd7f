--TEST--
Links, files, FIFOs, sockets in the place of the lock are refused and not touched; open_basedir; what the kernel refuses
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$victim = "$path.victim";
mkdir($victim);
mkdir("$path.empty");
file_put_contents("$victim/data", "precious\n");
foreach (["$victim/data", $victim, "$path.empty"] as $old) {
    touch($old, 1000000000, 1000000000);
}
$socket = stream_socket_server("unix://$path.socket");
symlink($victim, "$path.symlink");
symlink("$path.empty", "$path.symlink-to-empty");
symlink("$path.nowhere", "$path.dangling");
symlink("$path.loop", "$path.loop");
posix_mkfifo("$path.fifo", 0600);
touch("$path.file");
$before = entries(dirname($path));
foreach (['symlink', 'symlink-to-empty', 'dangling', 'loop', 'file', 'fifo', 'socket'] as $kind) {
    $lock = new Sitelock\DirectoryLock("$path.$kind");
    foreach ([
        function () use ($lock) { $lock->acquire(); },
        function () use ($lock) { $lock->acquireShared(1.0); },
        function () use ($lock) { $lock->synchronized(function () { echo "never\n"; }); },
        function () use ($lock) { $lock->getHolders(); },
        function () use ($lock) { $lock->breakStale(); },
    ] as $call) {
        thrown($call);
    }
    check('not held, nothing is left', !$lock->isAcquired() && Sitelock\held() === [] && entries(dirname($path)) === $before);
}
clearstatcache();
check('the victims are as they were', entries($victim) === ['data'] && file_get_contents("$victim/data") === "precious\n" && filemtime($victim) === 1000000000 && filemtime("$path.empty") === 1000000000 && entries("$path.empty") === []);
check('nothing was made behind the dangling link', !file_exists("$path.nowhere"));
unset($socket);

// A link or FIFO inside the directory is no record, whatever it is called.
mkdir("$path.inside");
$name = 's1.x.1021994.1b.00000000-0000-0000-0000-000000000000.1.' . str_repeat('0', 31);
touch("$path.unlocked");
symlink("$path.unlocked", "$path.inside/{$name}0");
posix_mkfifo("$path.inside/{$name}1", 0600);
mkdir("$path.inside/{$name}2");
$lock = new Sitelock\DirectoryLock("$path.inside");
check('they count as owners of whom nothing is known', $lock->acquire() === false && $lock->acquire(0.05) === false && array_map(function ($h) { return $h->isAlive(); }, $lock->getHolders()) === [null, null, null]);
check('and stay', $lock->breakStale() === false && count(records("$path.inside")) === 3 && file_exists("$path.unlocked"));

// A link swapped in and out by an attacker.
$attacked = test_path_alone();
mkdir("$attacked.victim");
mkdir("$attacked.full");
touch("$attacked.full/data");
$attacker = new Child('say("ready"); for (;;) { foreach (["victim", "full"] as $kind) {
    @symlink("$path.$kind", $path); @unlink($path); @mkdir($path); @rmdir($path); touch("$path.b"); @rename("$path.b", $path); @unlink($path); } }', $attacked);
$attacker->hear();
$outcomes = ['held' => 0, 'unsafe' => 0, 'busy' => 0, 'lost' => 0];
$lock = new Sitelock\DirectoryLock($attacked);
$end = hrtime(true) + 20 * 1000000000;
for ($i = 0; ($i < 2000 || min($outcomes['held'], $outcomes['unsafe']) < 10) && hrtime(true) < $end; $i++) {
    try {
        $outcomes[$lock->acquire() ? 'held' : 'busy']++;
        $lock->release();
    } catch (Sitelock\UnsafePathException $e) {
        $outcomes['unsafe']++;
    } catch (Sitelock\LostLockException $e) {
        $outcomes['lost']++;
    }
}
$attacker->kill();
check('swapped by an attacker: held or refused', $outcomes['held'] >= 10 && $outcomes['unsafe'] >= 10);
check('the victims are as they were', is_dir("$attacked.victim") && entries("$attacked.victim") === [] && entries("$attacked.full") === ['data']);
$left = array_diff(entries(dirname($attacked)), [basename($attacked), basename("$attacked.b"), basename("$attacked.victim"), basename("$attacked.full")]);
check('and nothing is left of us', $left === []);

// What the kernel refuses.
foreach (["$path-missing/lock", "$path.file/lock"] as $bad) {
    foreach (['acquire', 'acquireShared', 'breakStale'] as $method) {
        try {
            (new Sitelock\DirectoryLock($bad))->$method();
        } catch (Sitelock\SystemException $e) {
            check("$method: errno, call and path", in_array($e->getCode(), [2, 20], true) && strpos($e->getMessage(), "($bad): ") !== false);
        }
    }
}
check('no directory, no holders', (new Sitelock\DirectoryLock("$path-missing/lock"))->getHolders() === []);

// The name of what is prepared is 37 bytes longer.
foreach ([218 => 'just', 219 => 'too'] as $length => $how) {
    $long = test_path_alone(str_repeat('x', $length));
    $lock = new Sitelock\DirectoryLock($long);
    foreach (['acquire', 'acquireShared'] as $method) {
        try {
            $outcome = $lock->$method() && $lock->isAcquired() && is_directory_locked($long) ? 'held' : 'NOT';
            $lock->release();
        } catch (Sitelock\SystemException $e) {
            $outcome = 'errno ' . $e->getCode();
        }
        echo "a name that is $how long, $method: $outcome\n";
    }
    check('nothing is left', entries(dirname($long)) === []);
}
// A path with room for the directory, and none for the record in it.
$long = dirname(test_path_alone());
chdir($long);
while (strlen($long) < 3850) {
    mkdir(str_repeat('d', 200));
    chdir(str_repeat('d', 200));
    $long .= '/' . str_repeat('d', 200);
}
chdir('/');
$parent = $long;
$long .= '/' . str_repeat('e', 4080 - strlen($long) - 1);
$lock = new Sitelock\DirectoryLock($long);
try {
    check('a path that is too long for the record: what is held is known to be held', $lock->acquire() && $lock->isAcquired());
    $lock->release();
} catch (Sitelock\SystemException $e) {
    check('a path that is too long for the record: what is held is known to be held', $e->getCode() === 36 && strpos($e->getMessage(), 'lstat') !== 0);
}
check('nothing is left', entries($parent) === []);

$child = new Child('$lock = new Sitelock\DirectoryLock($path);
    $holders = $lock->getHolders();
    ini_set("open_basedir", "/usr");
    foreach ([
        function () use ($lock) { $lock->acquire(); },
        function () use ($lock) { $lock->acquireShared(); },
        function () use ($lock) { $lock->synchronized(function () {}); },
        function () use ($lock) { $lock->getHolders(); },
        function () use ($lock) { $lock->breakStale(); },
        function () use ($lock, $holders) { $lock->forceBreak(...$holders); },
        function () use ($path) { new Sitelock\DirectoryLock($path); },
    ] as $call) { thrown($call); }
    check("inside it is allowed", (new Sitelock\DirectoryLock("/usr/no-such-lock"))->getHolders() === []);', $owned = test_path_alone());
$lock = new Sitelock\DirectoryLock($owned);
$lock->acquire();
while (($line = $child->hear()) !== null) {
    echo "$line\n";
}
$child->wait();
check('nothing was touched', $lock->isAcquired());
?>
--EXPECT--
Sitelock\UnsafePathException: lock.symlink is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink is a symbolic link; a lock is never taken through one
ok not held, nothing is left
Sitelock\UnsafePathException: lock.symlink-to-empty is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink-to-empty is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink-to-empty is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink-to-empty is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink-to-empty is a symbolic link; a lock is never taken through one
ok not held, nothing is left
Sitelock\UnsafePathException: lock.dangling is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.dangling is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.dangling is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.dangling is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.dangling is a symbolic link; a lock is never taken through one
ok not held, nothing is left
Sitelock\UnsafePathException: lock.loop is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.loop is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.loop is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.loop is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.loop is a symbolic link; a lock is never taken through one
ok not held, nothing is left
Sitelock\UnsafePathException: lock.file is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.file is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.file is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.file is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.file is not a directory, so it cannot be a directory lock
ok not held, nothing is left
Sitelock\UnsafePathException: lock.fifo is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.fifo is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.fifo is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.fifo is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.fifo is not a directory, so it cannot be a directory lock
ok not held, nothing is left
Sitelock\UnsafePathException: lock.socket is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.socket is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.socket is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.socket is not a directory, so it cannot be a directory lock
Sitelock\UnsafePathException: lock.socket is not a directory, so it cannot be a directory lock
ok not held, nothing is left
ok the victims are as they were
ok nothing was made behind the dangling link
ok they count as owners of whom nothing is known
ok and stay
ok swapped by an attacker: held or refused
ok the victims are as they were
ok and nothing is left of us
ok acquire: errno, call and path
ok acquireShared: errno, call and path
ok breakStale: errno, call and path
ok acquire: errno, call and path
ok acquireShared: errno, call and path
ok breakStale: errno, call and path
ok no directory, no holders
a name that is just long, acquire: held
a name that is just long, acquireShared: held
ok nothing is left
a name that is too long, acquire: errno 36
a name that is too long, acquireShared: errno 36
ok nothing is left
ok a path that is too long for the record: what is held is known to be held
ok nothing is left
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
Sitelock\UnsafePathException: lock is outside open_basedir (/usr)
ok inside it is allowed
ok nothing was touched
