--TEST--
How a lock ends, and what the next owner hears
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$hold = '$lock = new Sitelock\FileLock($path); $lock->acquire(); ';
$ends = [
    'release()' => $hold . '$lock->release();',
    'release() and then exit(3)' => $hold . '$lock->release(); exit(3);',
    'release() in finally, of an uncaught exception' => $hold . 'try { throw new LogicException; } finally { $lock->release(); }',
    'synchronized() returning' => '(new Sitelock\FileLock($path))->synchronized(function () {});',
    'last reference dropped' => $hold . 'unset($lock);',
    'overwritten' => $hold . '$lock = null;',
    'leaving a function' => 'function f($path) { ' . $hold . ' } f($path);',
    'a caught exception, then dropped' => $hold . 'try { throw new LogicException; } catch (Exception $e) {} unset($lock);',
    'request end' => $hold,
    'exit(0)' => $hold . 'exit(0);',
    'exit with a text' => $hold . 'exit("bye");',
    'exit(0) in a function' => 'function f($path) { ' . $hold . ' exit(0); } f($path);',
    'a warning on the way' => $hold . 'trigger_error("careful", E_USER_WARNING);',
    'undefined function' => $hold . 'nothing_of_this_name();',
    'fatal error of the compiler' => $hold . 'eval("class A extends Sitelock\\FileLock {}");',
    'user error' => $hold . 'trigger_error("no", E_USER_ERROR);',
    'memory limit' => $hold . '$x = str_repeat("x", 1 << 30);',
    'time limit' => $hold . 'set_time_limit(1); while (true);',
    'uncaught exception' => $hold . 'throw new DomainException("message: with colon");',
    'uncaught exception without message' => $hold . 'throw new DomainException;',
    'uncaught exception in a function' => 'function f($path) { ' . $hold . ' throw new DomainException; } f($path);',
    'exception handler, status 0' => 'set_exception_handler(function () {});' . $hold . 'throw new DomainException;',
    'exception handler, exit(1)' => 'set_exception_handler(function () { exit(1); });' . $hold . 'throw new DomainException;',
    'exit(3)' => $hold . 'exit(3);',
    'exit(3) in a function' => 'function f($path) { ' . $hold . ' exit(3); } f($path);',
    'exit(3) in a shutdown function' => $hold . 'register_shutdown_function(function () { exit(3); });',
    'a warning and exit(0) in a shutdown function after a fatal error' => $hold . 'register_shutdown_function(function () { @file_get_contents("/nope"); error_clear_last(); exit(0); }); nothing_of_this_name();',
    'exit(3), then dropped in a destructor' => 'class Owner { public $lock; } class Late { public $owner; function __destruct() { $this->owner = null; } }
        $late = new Late; $late->owner = new Owner; $late->owner->lock = new Sitelock\FileLock($path); $late->owner->lock->acquire(); exit(3);',
    'exit(0), then dropped in a destructor' => 'class Owner { public $lock; } class Late { public $owner; function __destruct() { $this->owner = null; } }
        $late = new Late; $late->owner = new Owner; $late->owner->lock = new Sitelock\FileLock($path); $late->owner->lock->acquire(); exit(0);',
    'exit(3), then release() in a shutdown function' => $hold . 'register_shutdown_function(function () use ($lock) { $lock->release(); }); exit(3);',
    'exit(0) in a shutdown function after a fatal error' => $hold . 'register_shutdown_function(function () { exit(0); }); nothing_of_this_name();',
    'dropped while an exception unwinds' => 'function f($path) { ' . $hold . ' throw new DomainException; } try { f($path); } catch (Exception $e) {}',
    'a property, dropped while an exception unwinds' => 'class Tool { public $lock; function __destruct() {} }
        function f($path) { $tool = new Tool; $tool->lock = new Sitelock\FileLock($path); $tool->lock->acquire(); throw new DomainException; } try { f($path); } catch (Exception $e) {}',
    'synchronized() left by an exception' => 'try { (new Sitelock\FileLock($path))->synchronized(function () { throw new DomainException; }); } catch (Exception $e) {}',
    'synchronized() left by exit(3)' => '(new Sitelock\FileLock($path))->synchronized(function () { exit(3); });',
    'synchronized() left by exit(0)' => '(new Sitelock\FileLock($path))->synchronized(function () { exit(0); });',
    'synchronized() left by a fatal error' => '(new Sitelock\FileLock($path))->synchronized(function () { eval("class A extends Sitelock\\FileLock {}"); });',
    'a generator thrown away' => 'function g($path) { ' . $hold . ' yield 1; } $g = g($path); $g->current(); unset($g);',
    'SIGKILL' => $hold . 'posix_kill(getmypid(), SIGKILL);',
    'SIGTERM, default action' => $hold . 'posix_kill(getmypid(), SIGTERM);',
    'SIGABRT' => $hold . 'posix_kill(getmypid(), SIGABRT);',
    'pcntl_exec' => $hold . 'pcntl_exec("/bin/true");',
];
putenv('USE_ZEND_ALLOC=1'); // valgrind's runs switch it off, and the memory limit with it
foreach ($ends as $end => $code) {
    Child::run($code, $path, ['memory_limit' => '64M', 'error_log' => '/dev/null', 'log_errors' => 0]);
    $lock = new Sitelock\FileLock($path);
    $free = $lock->acquire() ? '' : 'NOT FREE ';
    $heard = array_map(function ($holder) { return $holder->getEnd(); }, $lock->getAbandonedBy());
    echo "$end: $free", $heard ? implode(', ', $heard) : 'nothing', "\n";
    $lock->markConsistent();
    $lock->remove();
}
?>
--EXPECT--
release(): nothing
release() and then exit(3): nothing
release() in finally, of an uncaught exception: nothing
synchronized() returning: nothing
last reference dropped: nothing
overwritten: nothing
leaving a function: nothing
a caught exception, then dropped: nothing
request end: nothing
exit(0): nothing
exit with a text: nothing
exit(0) in a function: nothing
a warning on the way: nothing
undefined function: uncaught Error
fatal error of the compiler: fatal error
user error: fatal error
memory limit: memory limit
time limit: time limit
uncaught exception: uncaught DomainException
uncaught exception without message: uncaught DomainException
uncaught exception in a function: exception DomainException
exception handler, status 0: nothing
exception handler, exit(1): exit status 1
exit(3): exit status 3
exit(3) in a function: exit status 3
exit(3) in a shutdown function: exit status 3
a warning and exit(0) in a shutdown function after a fatal error: uncaught Error
exit(3), then dropped in a destructor: exit status 3
exit(0), then dropped in a destructor: nothing
exit(3), then release() in a shutdown function: nothing
exit(0) in a shutdown function after a fatal error: uncaught Error
dropped while an exception unwinds: exception DomainException
a property, dropped while an exception unwinds: exception DomainException
synchronized() left by an exception: exception DomainException
synchronized() left by exit(3): exit status 3
synchronized() left by exit(0): nothing
synchronized() left by a fatal error: fatal error
a generator thrown away: nothing
SIGKILL: killed or crashed
SIGTERM, default action: killed or crashed
SIGABRT: killed or crashed
pcntl_exec: killed or crashed
