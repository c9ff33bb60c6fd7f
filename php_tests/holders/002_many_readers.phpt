--TEST--
All shared holders are named, ourselves included
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$children = [];
for ($i = 0; $i < 5; $i++) {
    $children[] = $child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquireShared(); say("locked"); hear();', $path);
    $child->hear();
}
$lock = new Sitelock\FileLock($path);
$lock->acquireShared();
$pids = array_map(function ($h) { return $h->getPid(); }, $lock->getHolders());
$expected = array_merge([getmypid()], array_map(function ($c) { return $c->pid(); }, $children));
sort($pids);
sort($expected);
check('each once', $pids === $expected);
check('all shared', array_filter($lock->getHolders(), function ($h) { return !$h->isShared(); }) === []);
try {
    (new Sitelock\FileLock($path))->synchronized(function () {}, 0.0);
} catch (Sitelock\DeadlockException $e) {
    echo "we are one of them\n";
}
$lock->release();
try {
    $lock->synchronized(function () {}, 0.0);
} catch (Sitelock\BusyException $e) {
    check('three are in the message, all in the exception', substr_count($e->getMessage(), ' by pid ') === 3
        && strpos($e->getMessage(), 'and by 2 more') !== false && count($e->getHolders()) === 5);
}
foreach ($children as $child) {
    $child->wait();
}
?>
--EXPECT--
ok each once
ok all shared
we are one of them
ok three are in the message, all in the exception
