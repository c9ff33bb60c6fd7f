--TEST--
A set in its own $onWait, its destruction there, and cycles that the garbage collector finds
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$holder = holder(test_path('b'));
$make = function () { return new Sitelock\LockSet([new Sitelock\FileLock(test_path('a')), new Sitelock\FileLock(test_path('b'))]); };
$set = $make();
$got = $set->acquire(INF, function ($busy) use ($set, $make, $holder) {
    static $calls = 0;
    if ($calls++ > 0) {
        return;
    }
    thrown(function () use ($set) { $set->acquire(); });
    thrown(function () use ($set) { $set->synchronized(function () { echo "never\n"; }, 1.0); });
    $set->release();
    check('release() does nothing', !$set->isAcquired() && array_keys($set->getHolders())[0] !== null);
    check('another set of the same locks: a try', $make()->acquire() === false);
    $holder->tell('release');
});
check('acquired', $got && $set->isAcquired());
$set->release();
$holder->hear();
$holder->tell('again');
$holder->hear();

$got = $set->acquire(INF, function () use (&$set, $holder) {
    if ($set !== null) {
        $set = null;
        gc_collect_cycles();
        $holder->tell('release');
    }
});
$holder->hear();
check('its last reference is dropped while it waits', $got === true && $set === null && !is_locked(test_path('a')) && !is_locked(test_path('b')));
$holder->wait();

// Two sets in one process, one of which waits.
$a = new Sitelock\FileLock(test_path('a'));
$a->acquire();
thrown(function () use ($make) { $make()->acquire(INF); });
$a->release();

class Owner implements Sitelock\Lock
{
    public static $freed = 0;
    public $set;
    public $held = false;
    public function acquire($timeout = 0.0, $onWait = null): bool { return $this->held = true; }
    public function acquireShared($timeout = 0.0, $onWait = null): bool { return $this->held = true; }
    public function release(): void { $this->held = false; echo "released\n"; }
    public function isAcquired(): bool { return $this->held; }
    public function getHolders(): array { return []; }
    public function synchronized($critical, $timeout = INF, $onWait = null) { return null; }
    public function getPath(): string { return 'owner'; }
    public function __destruct() { self::$freed++; }
}
foreach (['not held' => false, 'held' => true] as $name => $acquire) {
    $owner = new Owner;
    $owner->set = new Sitelock\LockSet([$owner, new Sitelock\FileLock(test_path('a'))]);
    $acquire && $owner->set->acquire();
    $before = Owner::$freed;
    $owner = null;
    check("$name: a cycle, not freed by itself", Owner::$freed === $before);
    gc_collect_cycles();
    gc_collect_cycles();
    check("$name: collected, given back", Owner::$freed === $before + 1 && !is_locked(test_path('a')) && Sitelock\held() === []);
}
?>
--EXPECT--
LogicException: this LockSet waits already
LogicException: this LockSet waits already
ok release() does nothing
ok another set of the same locks: a try
ok acquired
ok its last reference is dropped while it waits
Sitelock\DeadlockException: a is held by this very request through another object: it would never become free
ok not held: a cycle, not freed by itself
ok not held: collected, given back
ok held: a cycle, not freed by itself
released
ok held: collected, given back
