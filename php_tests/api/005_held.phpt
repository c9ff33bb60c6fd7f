--TEST--
held() lists the locks of this request in the order in which it got them
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$a = new Sitelock\FileLock(test_path('a'));
$b = new Sitelock\FileLock(test_path('b'));
$c = new Sitelock\FileLock(test_path('c'));
check('nothing at first', Sitelock\held() === []);
$b->acquire();
$a->acquireShared();
$c->acquire();
check('in order of acquisition', Sitelock\held() === [$b, $a, $c]);
$a->release();
check('without what was released', Sitelock\held() === [$b, $c]);
unset($b);
check('without what was dropped', Sitelock\held() === [$c]);
if (!$child = pcntl_fork()) {
    exit(count(Sitelock\held()));
}
pcntl_waitpid($child, $status);
check('nothing in a forked child', pcntl_wexitstatus($status) === 0);
?>
--EXPECT--
ok nothing at first
ok in order of acquisition
ok without what was released
ok without what was dropped
ok nothing in a forked child
