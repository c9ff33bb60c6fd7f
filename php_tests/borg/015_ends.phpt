--TEST--
However its owner ends, the next one has it, and then nothing is left
--FILE--
<?php
require __DIR__ . '/borg.inc';

$path = repository();
$before = rest($path);
$hold = '$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $lock->METHOD(); $there = function () use ($path) { say(is_file("$path/lock.roster") || is_dir("$path/lock.exclusive") ? "STILL THERE" : "gone at once"); }; ';
putenv('USE_ZEND_ALLOC=1'); // valgrind's runs switch it off, and the memory limit with it
foreach ([
    'release()' => $hold . '$lock->release(); $there();',
    'synchronized() returning' => '(new Sitelock\BorgLock($path, "web1@8796750862"))->synchronized(function () {});',
    'last reference dropped' => $hold . 'unset($lock); $there();',
    'leaving a function' => 'function f($path) { ' . $hold . ' return $there; } f($path)();',
    'a cycle' => 'function f($path) { ' . $hold . ' $cycle = new stdClass; $cycle->self = $cycle; $cycle->lock = $lock; return $there; } $there = f($path); gc_collect_cycles(); $there();',
    'request end' => $hold,
    'exit(0)' => $hold . 'exit(0);',
    'exit(1)' => $hold . 'exit(1);',
    'exit(3) in a function' => 'function f($path) { ' . $hold . ' exit(3); } f($path);',
    'fatal error' => $hold . 'eval("class A extends Sitelock\\FileLock {}");',
    'undefined function' => $hold . 'nothing_of_this_name();',
    'memory limit' => $hold . '$x = str_repeat("x", 1 << 30);',
    'uncaught exception' => $hold . 'throw new DomainException;',
    'dropped while an exception unwinds' => 'function f($path, &$there) { ' . $hold . ' throw new DomainException; } try { f($path, $there); } catch (Exception $e) {} $there();',
    'synchronized() left by an exception' => 'try { (new Sitelock\BorgLock($path, "web1@8796750862"))->synchronized(function () { throw new DomainException; }); } catch (Exception $e) {}',
    'synchronized() left by exit(3)' => '(new Sitelock\BorgLock($path, "web1@8796750862"))->synchronized(function () { exit(3); });',
    'synchronized() left by a fatal error' => '(new Sitelock\BorgLock($path, "web1@8796750862"))->synchronized(function () { eval("class A extends Sitelock\\FileLock {}"); });',
    'two objects, fatal error' => $hold . '$second = new Sitelock\BorgLock($path, "web1@8796750862"); $second->METHOD(); nothing_of_this_name();',
    'SIGKILL' => $hold . 'posix_kill(getmypid(), SIGKILL);',
    'SIGTERM, default action' => $hold . 'posix_kill(getmypid(), SIGTERM);',
    'pcntl_exec' => $hold . 'pcntl_exec("/bin/true");',
] as $end => $code) {
    $left = [];
    foreach (['acquire', 'acquireShared'] as $method) {
        $child = new Child(str_replace('METHOD', $method, $code), $path, ['memory_limit' => '64M', 'log_errors' => 0]);
        $said = $child->hear();
        $child->wait();
        $left[] = ($said === null ? '' : "$said, ") . (lock_files($path) === [] ? 'nothing is left' : 'left: ' . implode(', ', lock_files($path)));
        $lock = new Sitelock\BorgLock($path, HOST);
        if ($lock->getHolders() !== [] || !$lock->acquire() || exclusive_records($path) !== [record_name(getmypid())] || roster($path) !== '{"exclusive": [' . roster_entry(getmypid()) . ']}' && roster($path) !== '{"shared": [], "exclusive": [' . roster_entry(getmypid()) . ']}') {
            echo "NOT OK $end, $method: not free\n";
        }
        $lock->release();
        if (lock_files($path) !== []) {
            echo "NOT OK $end, $method: ", implode(', ', lock_files($path)), "\n";
        }
        // And who wants it shared.
        if ($left[count($left) - 1] !== 'nothing is left' && strpos($code, 'METHOD') !== false && $said === null) {
            Child::run(str_replace('METHOD', $method, $code), $path, ['memory_limit' => '64M', 'log_errors' => 0]);
            if (!$lock->acquireShared() || roster($path) !== '{"shared": [' . roster_entry(getmypid()) . ']}' && roster($path) !== '{"exclusive": [], "shared": [' . roster_entry(getmypid()) . ']}' || lock_files($path) !== ['lock.roster']) {
                echo "NOT OK $end, $method, then shared: ", roster($path), implode(', ', lock_files($path)), "\n";
            }
            $lock->release();
        }
        if (strpos($code, 'METHOD') === false) {
            break;
        }
    }
    echo "$end: ", implode('; ', array_unique($left)), "\n";
}

foreach (['acquire', 'acquireShared'] as $method) {
    $child = new Child('$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $lock->' . $method . '(); register_shutdown_function(function () use ($lock, $path) { say(var_export($lock->isAcquired(), true)); hear(); }); nothing_of_this_name();', $path, ['log_errors' => 0]);
    echo "$method, in a shutdown function after a fatal error: isAcquired() ", $child->hear(), "\n";
    check('and the lock is not free yet', $lock->acquire() === false && count($lock->getHolders()) === 1);
    $child->tell('go on');
    $child->wait();
    check('then it is', lock_files($path) === [] && $lock->acquire());
    $lock->release();

    $child = new Child('$lock = new Sitelock\BorgLock($path, "web1@8796750862"); $lock->' . $method . '(); pcntl_exec("/bin/sh", ["-c", "echo running; read line"]);', $path);
    $child->hear();
    // It is that process still, to borg as to us: the program may be a borg, which takes the record for its own.
    echo "$method, while the program that it became runs: ", what_can_be_had($lock), "\n";
    $child->tell('');
    $child->wait();
    check('and then', what_can_be_had($lock) === 'exclusive, shared');
    check('nothing is left', lock_files($path) === []);
}
check('nothing else was touched', rest($path) === $before);
?>
--EXPECT--
release(): gone at once, nothing is left
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
synchronized() left by an exception: nothing is left
synchronized() left by exit(3): nothing is left
synchronized() left by a fatal error: nothing is left
two objects, fatal error: nothing is left
SIGKILL: left: lock.exclusive, lock.roster; left: lock.roster
SIGTERM, default action: left: lock.exclusive, lock.roster; left: lock.roster
pcntl_exec: left: lock.exclusive, lock.roster; left: lock.roster
acquire, in a shutdown function after a fatal error: isAcquired() true
ok and the lock is not free yet
ok then it is
acquire, while the program that it became runs: nothing
ok and then
ok nothing is left
acquireShared, in a shutdown function after a fatal error: isAcquired() true
ok and the lock is not free yet
ok then it is
acquireShared, while the program that it became runs: shared
ok and then
ok nothing is left
ok nothing else was touched
