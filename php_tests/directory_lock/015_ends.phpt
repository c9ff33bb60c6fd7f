--TEST--
However its owner ends, the next one has it at once, and then nothing is left
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$hold = '$lock = new Sitelock\DirectoryLock($path); $lock->METHOD(); ';
putenv('USE_ZEND_ALLOC=1'); // valgrind's runs switch it off, and the memory limit with it
foreach ([
    'release()' => $hold . '$lock->release();',
    'synchronized() returning' => '(new Sitelock\DirectoryLock($path))->synchronized(function () {});',
    'last reference dropped' => $hold . 'unset($lock); say(is_dir($path) ? "STILL THERE" : "gone at once");',
    'leaving a function' => 'function f($path) { ' . $hold . ' } f($path); say(is_dir($path) ? "STILL THERE" : "gone at once");',
    'a cycle' => 'function f($path) { ' . $hold . ' $cycle = new stdClass; $cycle->self = $cycle; $cycle->lock = $lock; } f($path); gc_collect_cycles(); say(is_dir($path) ? "STILL THERE" : "gone at once");',
    'request end' => $hold,
    'exit(0)' => $hold . 'exit(0);',
    'exit(1)' => $hold . 'exit(1);',
    'exit(3) in a function' => 'function f($path) { ' . $hold . ' exit(3); } f($path);',
    'fatal error' => $hold . 'eval("class A extends Sitelock\\FileLock {}");',
    'undefined function' => $hold . 'nothing_of_this_name();',
    'memory limit' => $hold . '$x = str_repeat("x", 1 << 30);',
    'uncaught exception' => $hold . 'throw new DomainException;',
    'dropped while an exception unwinds' => 'function f($path) { ' . $hold . ' throw new DomainException; } try { f($path); } catch (Exception $e) {} say(is_dir($path) ? "STILL THERE" : "gone at once");',
    'synchronized() left by an exception' => 'try { (new Sitelock\DirectoryLock($path))->synchronized(function () { throw new DomainException; }); } catch (Exception $e) {} say(is_dir($path) ? "STILL THERE" : "gone at once");',
    'synchronized() left by exit(3)' => '(new Sitelock\DirectoryLock($path))->synchronized(function () { exit(3); });',
    'synchronized() left by a fatal error' => '(new Sitelock\DirectoryLock($path))->synchronized(function () { eval("class A extends Sitelock\\FileLock {}"); });',
    'SIGKILL' => $hold . 'posix_kill(getmypid(), SIGKILL);',
    'SIGTERM, default action' => $hold . 'posix_kill(getmypid(), SIGTERM);',
    'pcntl_exec' => $hold . 'pcntl_exec("/bin/true");',
] as $end => $code) {
    $left = [];
    foreach (['acquire', 'acquireShared'] as $method) {
        $child = new Child(str_replace('METHOD', $method, $code), $path, ['memory_limit' => '64M', 'log_errors' => 0]);
        $said = $child->hear();
        $child->wait();
        $left[] = ($said === null ? '' : "$said, ") . (entries(dirname($path)) === [] ? 'nothing is left' : 'left: ' . count(entries(dirname($path))) . ' directory, ' . count(records($path)) . ' record');
        $lock = new Sitelock\DirectoryLock($path);
        if ($lock->getHolders() !== [] || !$lock->acquire() || count(records($path)) !== 1) {
            echo "NOT OK $end, $method: not free\n";
        }
        $lock->release();
        if (entries(dirname($path)) !== []) {
            echo "NOT OK $end, $method: ", implode(', ', entries(dirname($path))), "\n";
        }
        if (strpos($code, 'METHOD') === false) {
            break;
        }
    }
    echo "$end: ", implode('; ', array_unique($left)), "\n";
}

$child = new Child('$lock = new Sitelock\DirectoryLock($path); $lock->acquire(); register_shutdown_function(function () use ($lock, $path) { say(var_export($lock->isAcquired(), true)); hear(); }); nothing_of_this_name();', $path, ['log_errors' => 0]);
echo 'in a shutdown function after a fatal error: isAcquired() ', $child->hear(), "\n";
check('and the lock is not free yet', is_directory_locked($path) && $lock->acquire() === false);
$child->tell('go on');
$child->wait();
check('then it is', entries(dirname($path)) === [] && $lock->acquire());
$lock->release();

$child = new Child('$lock = new Sitelock\DirectoryLock($path); $lock->acquire(); pcntl_exec("/bin/sh", ["-c", "echo running; read line"]);', $path);
$child->hear();
check('free while the program that it became runs', $lock->getHolders() === [] && $lock->acquire());
$lock->release();
$child->tell('');
$child->wait();
check('nothing is left', entries(dirname($path)) === []);
?>
--EXPECT--
release(): nothing is left
synchronized() returning: nothing is left
last reference dropped: gone at once, nothing is left
leaving a function: gone at once, nothing is left
a cycle: gone at once, nothing is left
request end: nothing is left
exit(0): nothing is left
exit(1): nothing is left
exit(3) in a function: nothing is left
fatal error: nothing is left
undefined function: nothing is left
memory limit: nothing is left
uncaught exception: nothing is left
dropped while an exception unwinds: gone at once, nothing is left
synchronized() left by an exception: gone at once, nothing is left
synchronized() left by exit(3): nothing is left
synchronized() left by a fatal error: nothing is left
SIGKILL: left: 1 directory, 1 record
SIGTERM, default action: left: 1 directory, 1 record
pcntl_exec: left: 1 directory, 1 record
in a shutdown function after a fatal error: isAcquired() true
ok and the lock is not free yet
ok then it is
ok free while the program that it became runs
ok nothing is left
