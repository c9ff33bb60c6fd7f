--TEST--
Links, FIFOs, sockets, devices, directories: refused, without blocking, and nothing is touched
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$victim = "$path.victim";
file_put_contents($victim, "precious\n");
chmod($victim, 0640);
touch($victim, 1000000000, 1000000000);
$socket = stream_socket_server("unix://$path.socket");
symlink($victim, "$path.symlink");
symlink("$path.nowhere", "$path.dangling");
posix_mkfifo("$path.fifo", 0600);
mkdir("$path.directory");
link($victim, "$path.hardlink");
foreach (['symlink', 'dangling', 'fifo', 'socket', 'directory', 'hardlink'] as $kind) {
    $lock = new Sitelock\FileLock("$path.$kind", '', 0666);
    thrown(function () use ($lock) { $lock->acquire(); });
    thrown(function () use ($lock) { $lock->acquireShared(); });
    thrown(function () use ($lock) { $lock->synchronized(function () { echo "never\n"; }); });
    check('not held', !$lock->isAcquired());
}
clearstatcache();
$stat = stat($victim);
check('the victim has its bytes', file_get_contents($victim) === "precious\n");
check('its mode', ($stat['mode'] & 07777) === 0640);
check('its time', $stat['mtime'] === 1000000000);
check('nothing was made behind the dangling link', !file_exists("$path.nowhere"));
check('nothing is open', Sitelock\held() === []);
?>
--EXPECT--
Sitelock\UnsafePathException: lock.symlink is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.symlink is a symbolic link; a lock is never taken through one
ok not held
Sitelock\UnsafePathException: lock.dangling is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.dangling is a symbolic link; a lock is never taken through one
Sitelock\UnsafePathException: lock.dangling is a symbolic link; a lock is never taken through one
ok not held
Sitelock\UnsafePathException: lock.fifo is not a regular file, so it cannot be a lock
Sitelock\UnsafePathException: lock.fifo is not a regular file, so it cannot be a lock
Sitelock\UnsafePathException: lock.fifo is not a regular file, so it cannot be a lock
ok not held
Sitelock\UnsafePathException: lock.socket is not a regular file, so it cannot be a lock
Sitelock\UnsafePathException: lock.socket is not a regular file, so it cannot be a lock
Sitelock\UnsafePathException: lock.socket is not a regular file, so it cannot be a lock
ok not held
Sitelock\UnsafePathException: lock.directory is not a regular file, so it cannot be a lock
Sitelock\UnsafePathException: lock.directory is not a regular file, so it cannot be a lock
Sitelock\UnsafePathException: lock.directory is not a regular file, so it cannot be a lock
ok not held
Sitelock\UnsafePathException: lock.hardlink has a second hard link, so it may be somebody's data; a lock has one name
Sitelock\UnsafePathException: lock.hardlink has a second hard link, so it may be somebody's data; a lock has one name
Sitelock\UnsafePathException: lock.hardlink has a second hard link, so it may be somebody's data; a lock has one name
ok not held
ok the victim has its bytes
ok its mode
ok its time
ok nothing was made behind the dangling link
ok nothing is open
