--TEST--
Shared holders stand beside each other, not beside an exclusive one
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$a = new Sitelock\FileLock($path);
$b = new Sitelock\FileLock($path);
$c = new Sitelock\FileLock($path);
check('two readers', $a->acquireShared() && $b->acquireShared());
check('no writer beside them', $c->acquire() === false);
$a->release();
check('nor beside one', $c->acquire() === false);
$b->release();
check('a writer when all are gone', $c->acquire());
check('no reader beside a writer', $a->acquireShared() === false);
?>
--EXPECT--
ok two readers
ok no writer beside them
ok nor beside one
ok a writer when all are gone
ok no reader beside a writer
