--TEST--
A Lock written in PHP that changes the array, the set or its members while the set calls it
--FILE--
<?php
require __DIR__ . '/../helper.inc';

use Sitelock\FileLock;
use Sitelock\LockSet;

/** Calls back before it answers; is free. */
final class Meddler implements Sitelock\Lock
{
    public $in = [];
    private $held = false;
    private function meddle(string $method): void
    {
        if (isset($this->in[$method])) {
            ($this->in[$method])($this);
        }
    }
    public function acquire($timeout = 0.0, $onWait = null): bool { $this->meddle('acquire'); return $this->held = true; }
    public function acquireShared($timeout = 0.0, $onWait = null): bool { return $this->acquire($timeout, $onWait); }
    public function release(): void { $this->meddle('release'); $this->held = false; }
    public function isAcquired(): bool { $this->meddle('isAcquired'); return $this->held; }
    public function getHolders(): array { return []; }
    public function synchronized($critical, $timeout = INF, $onWait = null) { return $critical(); }
    public function getPath(): string { $this->meddle('getPath'); return '/meddler'; }
    public function __destruct() { $this->meddle('destruct'); }
}

// --- in the constructor
$x = new Meddler;
$x->in['getPath'] = function () { $GLOBALS['x'] = 1234567; };
$set = new LockSet([&$x]);
check('the array changes under the constructor', $x === 1234567 && $set->acquire() && $set->isAcquired());
$set->release();

$x = new Meddler;
$reached = null;
$x->in['getPath'] = function () use (&$reached) {
    foreach (debug_backtrace() as $frame) {
        $reached = ($frame['object'] ?? null) instanceof LockSet ? $frame['object'] : $reached;
    }
    thrown([$reached, 'acquire']);
    thrown([$reached, 'release']);
};
$set = new LockSet([$x]);
check('the half-made set was reached', $reached === $set);
unset($x->in['getPath'], $set, $reached);

// --- in a destructor
if (class_exists('WeakReference')) {
    $weak = $again = null;
    $x = new Meddler;
    $x->in['destruct'] = function () use (&$weak, &$again) { $again = $weak->get(); };
    $set = new LockSet([$x]);
    $weak = WeakReference::create($set);
    unset($x, $set);
    check('a set that is freed cannot be had again', $again === null);
}

// --- while it is acquired
$file = new FileLock(test_path('file'));
foreach (['acquire', 'isAcquired'] as $method) {
    $x = new Meddler;
    $set = new LockSet([$file, $x]);
    $x->in[$method] = function ($x) use ($set, $method) {
        unset($x->in[$method]);
        thrown([$set, 'acquire']);
        $set->release();
    };
    check("within $method(): once all is done all is held", $set->acquire() && $file->isAcquired() && $x->isAcquired());
    $set->release();
    check('and given back', !$file->isAcquired() && !$x->isAcquired());
}

// --- what was held before is given back while the set waits
foreach (['release', 'drop', 'remove'] as $how) {
    $busy = test_path('busy');
    $holder = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire(); say("locked"); hear(); $lock->release(); hear();', $busy);
    $holder->hear();
    $member = new FileLock(test_path('member'));
    $other = new LockSet([$member]);
    $how === 'remove' ? $member->acquire() : $other->acquire();
    $set = new LockSet([new FileLock($busy), $member]);
    $acquired = $set->acquire(60, function () use (&$other, $member, $how, $holder) {
        if ($how === 'release' && $other) {
            $other->release();
        } elseif ($how === 'remove' && $member->isAcquired()) {
            $member->remove();
        }
        $other = null;
        $holder->tell('release');
    });
    check("$how: true means that all are held", $acquired && $set->isAcquired() && $member->isAcquired());
    $set->release();
    $holder->wait();
    check('and the set has taken it', !$member->isAcquired());
}
?>
--EXPECT--
ok the array changes under the constructor
LogicException: this LockSet was never constructed
LogicException: this LockSet was never constructed
ok the half-made set was reached
ok a set that is freed cannot be had again
LogicException: this LockSet waits already
ok within acquire(): once all is done all is held
ok and given back
LogicException: this LockSet waits already
ok within isAcquired(): once all is done all is held
ok and given back
ok release: true means that all are held
ok and the set has taken it
ok drop: true means that all are held
ok and the set has taken it
ok remove: true means that all are held
ok and the set has taken it
