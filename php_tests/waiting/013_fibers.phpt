--TEST--
A fiber that is suspended by $onWait: it can be resumed, thrown into, or dropped; its place in the queue is kept
--FILE--
<?php
require __DIR__ . '/../helper.inc';

// Fibers are new in 8.1; before it there is nothing that could suspend a wait.
$fibers = class_exists('Fiber');
$wait = 'register_shutdown_function(function () use ($path) { say("shutdown function, waiters " . waiters($path)); });
    $lock = new Sitelock\FileLock($path);
    $other = new Sitelock\FileLock($path);
    $wait = function () use ($lock, $path) { return HOW(INF, function () { Fiber::suspend("suspended"); }); };
    $fiber = new Fiber(function () use ($wait) { try { $got = $wait(); say($got ? "acquired" : "NOT acquired"); } catch (DomainException $e) { say("caught " . $e->getMessage()); } });
    say($fiber->start()); hear(); if (DELAY) { wait_for_waiters($path, 1); } ';
$resume = 'while (!$fiber->isTerminated()) { $fiber->resume(); } say("held " . count(Sitelock\held()));';
$ends = [
    'resumed' => [$resume, ['acquired', 'held 1', 'shutdown function, waiters 0']],
    'resumed while it is busy' => ['say($fiber->resume()); $fiber->throw(new DomainException("enough")); say("waiters " . waiters($path));', ['suspended', 'caught enough', 'waiters 0', 'shutdown function, waiters 0']],
    'thrown into' => ['$fiber->throw(new DomainException("mine")); say("waiters " . waiters($path) . var_export($lock->isAcquired(), true));', ['caught mine', 'waiters 0false', 'shutdown function, waiters 0']],
    'dropped' => ['$fiber = null; gc_collect_cycles(); say("waiters " . waiters($path) . ($other->acquire() ? "" : ", busy"));', ['waiters 0, busy', 'shutdown function, waiters 0']],
    'the script goes on with the lock' => ['try { $lock->acquire(); } catch (LogicException $e) { say("LogicException"); } $lock->release(); say("waiters " . waiters($path)); $fiber = null;', ['LogicException', 'waiters 1', 'shutdown function, waiters 0']],
    'and the script ends' => ['', ['shutdown function, waiters 1']],
    'and the script exits' => ['exit(3);', ['shutdown function, waiters 1']],
    'and the script dies' => ['eval("class A extends Sitelock\\FileLock {}");', ['shutdown function, waiters 1']],
    'and the script throws' => ['throw new DomainException;', ['shutdown function, waiters 1']],
    'and another one waits too' => ['$second = new Fiber(function () use ($path) { (new Sitelock\FileLock("$path"))->acquire(0.5, function () { say("second"); Fiber::suspend(); }); say("over"); }); $second->start(); usleep(500000); $second->resume(); $fiber = null; say("waiters " . waiters($path));', ['second', 'over', 'waiters 0', 'shutdown function, waiters 0']],
];
$lock = new Sitelock\FileLock($path = test_path());
foreach ($ends as $name => [$code, $expected]) {
    foreach (['one lock' => '$lock->acquire', 'shared' => '$lock->acquireShared', 'a set' => '(new Sitelock\LockSet([$lock, new Sitelock\FileLock("$path.0")]))->acquire'] as $what => $how) {
        $heard = $expected;
        if ($fibers) {
            $lock->acquire();
            $child = new Child(str_replace(['HOW', 'DELAY'], [$how, $name === 'resumed' ? 'false' : 'true'], $wait) . $code, $path, ['log_errors' => 0]);
            $child->hear();
            if ($name === 'resumed') {
                $lock->release();
            }
            $child->tell('go on');
            $heard = [];
            while (($line = $child->hear()) !== null) {
                $heard[] = $line;
            }
            $child->wait();
            $lock->release();
        }
        if ($name === 'resumed' && $what === 'a set') { // not kept by anybody
            $expected[1] = 'held 0';
            $heard = $fibers ? $heard : $expected;
        }
        check("$name, $what" . ($heard === $expected ? '' : ': ' . implode(', ', $heard)), $heard === $expected);
        check('free', $lock->acquire() && $lock->getAbandonedBy() === []);
        $lock->release();
    }
}
?>
--EXPECT--
ok resumed, one lock
ok free
ok resumed, shared
ok free
ok resumed, a set
ok free
ok resumed while it is busy, one lock
ok free
ok resumed while it is busy, shared
ok free
ok resumed while it is busy, a set
ok free
ok thrown into, one lock
ok free
ok thrown into, shared
ok free
ok thrown into, a set
ok free
ok dropped, one lock
ok free
ok dropped, shared
ok free
ok dropped, a set
ok free
ok the script goes on with the lock, one lock
ok free
ok the script goes on with the lock, shared
ok free
ok the script goes on with the lock, a set
ok free
ok and the script ends, one lock
ok free
ok and the script ends, shared
ok free
ok and the script ends, a set
ok free
ok and the script exits, one lock
ok free
ok and the script exits, shared
ok free
ok and the script exits, a set
ok free
ok and the script dies, one lock
ok free
ok and the script dies, shared
ok free
ok and the script dies, a set
ok free
ok and the script throws, one lock
ok free
ok and the script throws, shared
ok free
ok and the script throws, a set
ok free
ok and another one waits too, one lock
ok free
ok and another one waits too, shared
ok free
ok and another one waits too, a set
ok free
