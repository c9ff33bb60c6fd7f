--TEST--
Who waits in a fiber while other code of the script runs is no part of a deadlock: it may yet give back what it has
--FILE--
<?php
require __DIR__ . '/../helper.inc';

if (!class_exists('Fiber')) { // before PHP 8.1 nothing can run meanwhile
    exit("got it, and no deadlock was told\nok the fiber got it too\n");
}
$path = test_path();
$other = new Child('$a = new Sitelock\FileLock("$path.a"); $b = new Sitelock\FileLock("$path.b"); $a->acquire();
    $fiber = new Fiber(function () use ($b) { return $b->acquire(60, function () { Fiber::suspend(); }); });
    say("has a"); hear();
    $fiber->start(); say("waits for b"); hear();
    $a->release();
    while (!$fiber->isTerminated()) { usleep(10000); $fiber->resume(); }
    say($fiber->getReturn() ? "got b" : "in vain");', $path);
$other->hear();
$b = new Sitelock\FileLock("$path.b");
$b->acquire();
$other->tell('wait');
$other->hear();
$a = new Sitelock\FileLock("$path.a");
try {
    // It is told within two seconds where there is one.
    $acquired = $a->acquire(60, function ($lock, $waited) use ($other, &$told) {
        if ($waited > 3.5 && !$told) {
            $other->tell('release');
            $told = true;
        }
    });
    echo $acquired ? "got it, and no deadlock was told\n" : "IN VAIN\n";
} catch (Sitelock\DeadlockException $e) {
    echo "DEADLOCK: {$e->getMessage()}\n";
}
$b->release();
check('the fiber got it too', $other->hear() === 'got b');
$other->wait();
?>
--EXPECT--
got it, and no deadlock was told
ok the fiber got it too
