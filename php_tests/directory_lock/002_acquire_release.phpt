--TEST--
While it is held there is a directory with one record, private and named after its owner; then there is nothing
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$a = new Sitelock\DirectoryLock($path, "nightly\nbackup");
$b = new Sitelock\DirectoryLock($path);
$boot = trim(file_get_contents('/proc/sys/kernel/random/boot_id'));
foreach (['acquire' => 'x', 'acquireShared' => 's'] as $method => $letter) {
    check("$method", $a->$method() === true && $a->isAcquired() && Sitelock\held() === [$a]);
    check('the directory is all there is', entries(dirname($path)) === [basename($path)] && (fileperms($path) & 07777) === 0700);
    $record = record($path);
    $pattern = sprintf('~^s1\.%s\.[0-9a-f]+\.%x\.%s\.%d\.[0-9a-f]{32}$~', $letter, stat($path)['dev'], $boot, getmypid());
    check('the record is called after its owner', (bool) preg_match($pattern, basename($record)));
    check('private, locked', (fileperms($record) & 07777) === 0600 && is_directory_locked($path));
    $text = file_get_contents($record);
    check('a person can read it', strpos($text, 'sitelock 1 held') === 0 && strpos($text, 'pid ' . getmypid() . ' ') && strpos($text, "\nlabel nightly\\x0abackup\n"));
    check('again in the same mode: nothing changes', $a->$method() === true && $a->$method(5.0, function () { echo "never\n"; }) && record($path) === $record);
    $other_mode = $letter === 'x' ? 'acquireShared' : 'acquire';
    thrown(function () use ($a, $other_mode) { $a->$other_mode(); });
    check('still held', $a->isAcquired() && record($path) === $record);
    $a->release();
    check('released: nothing is left', !$a->isAcquired() && Sitelock\held() === [] && entries(dirname($path)) === []);
    $a->release();
}

check('an empty directory is no owner', mkdir($path) && $a->getHolders() === [] && $a->acquire() && is_directory_locked($path));
$first = record($path);
check('busy', $b->acquire() === false && !$b->isAcquired() && $b->acquireShared() === false);
check('what is busy is left alone', record($path) === $first && entries(dirname($path)) === [basename($path)]);
$a->release();
check('now the other one, under a name of its own', $b->acquire() && record($path) !== $first);
$b->release();

check('two readers', $a->acquireShared() && $b->acquireShared() && count(records($path)) === 2);
$c = new Sitelock\DirectoryLock($path);
check('no writer beside them', $c->acquire() === false);
$a->release();
check('nor beside one', $c->acquire() === false && count(records($path)) === 1 && $b->isAcquired());
$b->release();
check('a writer when all are gone', $c->acquire() && $a->acquireShared() === false);
$c->release();
check('nothing is left', entries(dirname($path)) === []);

foreach ([0, 077, 0377, 0777] as $umask) {
    umask($umask);
    $a->acquire();
    clearstatcache();
    check(sprintf('private under umask %o', $umask), (fileperms($path) & 07777) === 0700 && (fileperms(record($path)) & 07777) === 0600);
    $a->release();
}
umask(022);

$file = new Sitelock\FileLock("$path.file");
$file->acquire();
$a->acquire();
check('held() has locks of all kinds, in order', Sitelock\held() === [$file, $a]);
?>
--EXPECT--
ok acquire
ok the directory is all there is
ok the record is called after its owner
ok private, locked
ok a person can read it
ok again in the same mode: nothing changes
LogicException: lock is held exclusively by this object: release it before you acquire it shared
ok still held
ok released: nothing is left
ok acquireShared
ok the directory is all there is
ok the record is called after its owner
ok private, locked
ok a person can read it
ok again in the same mode: nothing changes
LogicException: lock is held shared by this object: release it before you acquire it exclusively
ok still held
ok released: nothing is left
ok an empty directory is no owner
ok busy
ok what is busy is left alone
ok now the other one, under a name of its own
ok two readers
ok no writer beside them
ok nor beside one
ok a writer when all are gone
ok nothing is left
ok private under umask 0
ok private under umask 77
ok private under umask 377
ok private under umask 777
ok held() has locks of all kinds, in order
