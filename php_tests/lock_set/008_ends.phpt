--TEST--
How a set ends, and what the next owner of each lock hears
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$make = '$set = new Sitelock\LockSet([new Sitelock\FileLock(dirname($path) . "/a"), new Sitelock\FileLock(dirname($path) . "/b")], [new Sitelock\FileLock(dirname($path) . "/c")]); ';
$hold = $make . '$set->acquire(); ';
$shutdown = 'register_shutdown_function(function () use ($path) { say((string) count(array_filter([dirname($path) . "/a", dirname($path) . "/b"], "is_locked"))); }); ';
putenv('USE_ZEND_ALLOC=1'); // valgrind's runs switch it off, and the memory limit with it
foreach ([
    'release()' => $hold . '$set->release();',
    'dropped' => $hold . '$set = null;',
    'leaving a function' => 'function f($path) { ' . $hold . ' } f($path);',
    'a set in a cycle' => 'function f($path) { ' . $hold . ' $cycle = new stdClass; $cycle->self = $cycle; $cycle->set = $set; } f($path); gc_collect_cycles();',
    'request end' => $hold,
    'exit(0)' => $hold . 'exit(0);',
    'exit(3)' => $hold . 'exit(3);',
    'exit(3) in a function' => 'function f($path) { ' . $hold . ' exit(3); } f($path);',
    'exit(0) in a function' => 'function f($path) { ' . $hold . ' exit(0); } f($path);',
    'fatal error' => $hold . 'eval("class A extends Sitelock\\FileLock {}");',
    'fatal error in a function' => 'function f($path) { ' . $hold . ' eval("class A extends Sitelock\\FileLock {}"); } f($path);',
    'memory limit' => $hold . '$x = str_repeat("x", 1 << 30);',
    'uncaught exception' => $hold . 'throw new DomainException;',
    'uncaught exception in a function' => 'function f($path) { ' . $hold . ' throw new DomainException; } f($path);',
    'dropped while an exception unwinds' => 'function f($path) { ' . $hold . ' throw new DomainException; } try { f($path); } catch (Exception $e) {}',
    'synchronized() left by an exception' => $make . 'try { $set->synchronized(function () { throw new DomainException; }); } catch (Exception $e) {}',
    'synchronized() left by exit(3)' => $make . '$set->synchronized(function () { exit(3); });',
    'synchronized() left by exit(3), the set is held nowhere else' => '(function () use ($path) { ' . $make . ' $set->synchronized(function () { exit(3); }); })();',
    'synchronized() left by a fatal error' => $make . '$set->synchronized(function () { eval("class A extends Sitelock\\FileLock {}"); });',
    'a generator thrown away' => 'function g($path) { ' . $hold . ' yield 1; } $g = g($path); $g->current(); unset($g);',
    'SIGKILL' => $hold . 'posix_kill(getmypid(), SIGKILL);',
] as $end => $code) {
    $child = new Child($shutdown . $code, $path, ['memory_limit' => '64M', 'log_errors' => 0]);
    $held = $child->hear();
    $child->wait();
    $heard = [];
    foreach (['a', 'b', 'c'] as $name) {
        $lock = new Sitelock\FileLock(test_path($name));
        if (!$lock->acquire()) {
            echo "NOT FREE: $name\n";
        }
        $heard[] = implode(', ', array_map(function ($holder) { return $holder->getEnd(); }, $lock->getAbandonedBy())) ?: 'nothing';
        $lock->markConsistent();
        $lock->release();
    }
    echo "$end: in the shutdown function ", $held === null ? '-' : "$held held", '; ', $heard[0] === $heard[1] && $heard[2] === 'nothing' ? $heard[0] : 'NOT THE SAME: ' . implode('; ', $heard), "\n";
}
?>
--EXPECT--
release(): in the shutdown function 0 held; nothing
dropped: in the shutdown function 0 held; nothing
leaving a function: in the shutdown function 0 held; nothing
a set in a cycle: in the shutdown function 0 held; nothing
request end: in the shutdown function 2 held; nothing
exit(0): in the shutdown function 2 held; nothing
exit(3): in the shutdown function 2 held; exit status 3
exit(3) in a function: in the shutdown function 2 held; exit status 3
exit(0) in a function: in the shutdown function 2 held; nothing
fatal error: in the shutdown function 2 held; fatal error
fatal error in a function: in the shutdown function 2 held; fatal error
memory limit: in the shutdown function 2 held; memory limit
uncaught exception: in the shutdown function 2 held; uncaught DomainException
uncaught exception in a function: in the shutdown function 0 held; exception DomainException
dropped while an exception unwinds: in the shutdown function 0 held; exception DomainException
synchronized() left by an exception: in the shutdown function 0 held; exception DomainException
synchronized() left by exit(3): in the shutdown function 2 held; exit status 3
synchronized() left by exit(3), the set is held nowhere else: in the shutdown function 2 held; exit status 3
synchronized() left by a fatal error: in the shutdown function 2 held; fatal error
a generator thrown away: in the shutdown function 0 held; nothing
SIGKILL: in the shutdown function -; killed or crashed
