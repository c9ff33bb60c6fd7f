--TEST--
One deadline for all members, however often it steps back, and signals are served all the time
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$names = ['a', 'b', 'c', 'd'];
$set = new Sitelock\LockSet(array_map(function ($name) { return new Sitelock\FileLock(test_path($name)); }, $names));
// Each member is free now and then, never all of them for long enough: "d" never.
$blink = 'say("blinks"); $lock = new Sitelock\FileLock($path); while (true) { $lock->acquire(INF); usleep(30000); $lock->release(); usleep(30000); }';
$children = [];
foreach (['a', 'b', 'c'] as $name) {
    $children[] = $child = new Child($blink, test_path($name));
    $child->hear();
}
$children[] = holder(test_path('d'));
$calls = 0;
$took = seconds(function () use ($set, &$calls) { check('in vain', $set->acquire(1.5, function () use (&$calls) { $calls++; }) === false); });
check('never early, soon after', $took >= 1.5 && $took < 2.0);
check('onWait was called once a second', $calls === 2);
check('nothing is left', Sitelock\held() === [] && is_single_threaded());

pcntl_async_signals(true);
$handled = 0;
pcntl_signal(SIGUSR1, function () use (&$handled) { $handled++; });
$sender = new Child('for ($i = 0; $i < 20; $i++) { usleep(20000); posix_kill(' . getmypid() . ', SIGUSR1); } say("done");', test_path());
$took = seconds(function () use ($set) { check('in vain', $set->acquire(1.0) === false); });
check('signals do not change that', $took >= 1.0 && $took < 1.5);
$sender->hear();
check('they were handled', $handled > 2);
$sender->wait();

$children[3]->tell('release');
check('it gets them all while others come and go', $set->acquire(30.0) && $set->isAcquired());
foreach ($children as $child) {
    $child->kill();
}
?>
--EXPECT--
ok in vain
ok never early, soon after
ok onWait was called once a second
ok nothing is left
ok in vain
ok signals do not change that
ok they were handled
ok it gets them all while others come and go
