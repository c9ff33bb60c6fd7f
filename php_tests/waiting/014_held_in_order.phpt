--TEST--
held() has the locks in the order in which they were got, not in which they were asked for
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$holder = holder($path);
$lock = new Sitelock\FileLock($path);
$quick = new Sitelock\FileLock("$path.quick");
$lock->acquire(INF, function () use ($quick, $holder) {
    if (!$quick->isAcquired()) {
        $quick->acquire();
        check('one waits, one is held', Sitelock\held() === [$quick]);
        $holder->tell('release');
    }
});
check('the one that was waited for came last', Sitelock\held() === [$quick, $lock]);
$holder->wait();
?>
--EXPECT--
ok one waits, one is held
ok the one that was waited for came last
