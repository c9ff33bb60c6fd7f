--TEST--
acquire() is true when held, false when busy, and what was released is free
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$a = new Sitelock\FileLock($path);
$b = new Sitelock\FileLock($path);
check('acquired', $a->acquire() === true && $a->isAcquired() && is_locked($path));
check('busy', $b->acquire() === false && !$b->isAcquired());
check('busy for readers', $b->acquireShared() === false);
check('again in the same mode: nothing changes', $a->acquire() === true);
$a->release();
check('released', !$a->isAcquired() && !is_locked($path));
$a->release();
check('release is idempotent, and the file stays', is_file($path));
check('now the other one', $b->acquire());
?>
--EXPECT--
ok acquired
ok busy
ok busy for readers
ok again in the same mode: nothing changes
ok released
ok release is idempotent, and the file stays
ok now the other one
