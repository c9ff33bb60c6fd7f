--TEST--
Signal handlers of the script run while it waits: pcntl_async_signals, declare(ticks), or $onWait
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$ready = 'pcntl_signal(SIGUSR1, function () { say("handler"); }, RESTART); $lock = new Sitelock\FileLock($path); $file = fopen($path, "c+"); ';
$async = 'pcntl_async_signals(true); ' . $ready;
$lock = new Sitelock\FileLock($path);
foreach ([
    'async' => $async . 'say($lock->acquire(INF) ? "held" : "not held");',
    'async, shared' => $async . 'say($lock->acquireShared(INF) ? "held" : "not held");',
    'async, synchronized' => $async . '$lock->synchronized(function () { say("held"); });',
    'async, a set' => $async . 'say((new Sitelock\LockSet([$lock]))->acquire(INF) ? "held" : "not held");',
    'async, in a function that another one calls' => $async . 'function f($lock) { return $lock->acquire(INF); } say(array_map("f", [$lock])[0] ? "held" : "not held");',
    'ticks' => 'declare(ticks=1); ' . $ready . 'say($lock->acquire(INF) ? "held" : "not held");',
    'ticks in what calls the function that waits' => 'function f($lock) { return $lock->acquire(INF); } declare(ticks=1); ' . $ready . 'say(f($lock) ? "held" : "not held");',
    'neither, but onWait asks' => $ready . 'say($lock->acquire(INF, function () { pcntl_signal_dispatch(); }) ? "held" : "not held");',
    'control: neither' => $ready . 'say($lock->acquire(INF) ? "held" : "not held"); pcntl_signal_dispatch();',
    'control: async and flock()' => $async . 'say(flock($file, LOCK_EX) ? "held" : "not held");',
] as $name => $code) {
    foreach (strpos($name, 'flock') ? ['true'] : ['true', 'false'] as $restart) {
        $lock->acquire();
        $waiter = new Child(str_replace('RESTART', $restart, $code), $path);
        wait_for_waiters($path, 1);
        posix_kill($waiter->pid(), SIGUSR1);
        $served = $waiter->speaks_within(strpos($name, 'control') === 0 ? 0.3 : 20);
        $waits = waiters($path) === 1;
        $lock->release();
        echo "$name: ", $served ? 'handled while it waits' : 'not handled', $waits ? '' : ', NOBODY WAITS', "; ",
            $waiter->hear(), ', ', $waiter->hear(), "\n";
        $waiter->wait();
    }
}
?>
--EXPECT--
async: handled while it waits; handler, held
async: handled while it waits; handler, held
async, shared: handled while it waits; handler, held
async, shared: handled while it waits; handler, held
async, synchronized: handled while it waits; handler, held
async, synchronized: handled while it waits; handler, held
async, a set: handled while it waits; handler, held
async, a set: handled while it waits; handler, held
async, in a function that another one calls: handled while it waits; handler, held
async, in a function that another one calls: handled while it waits; handler, held
ticks: handled while it waits; handler, held
ticks: handled while it waits; handler, held
ticks in what calls the function that waits: handled while it waits; handler, held
ticks in what calls the function that waits: handled while it waits; handler, held
neither, but onWait asks: handled while it waits; handler, held
neither, but onWait asks: handled while it waits; handler, held
control: neither: not handled; held, handler
control: neither: not handled; held, handler
control: async and flock(): not handled; handler, held
