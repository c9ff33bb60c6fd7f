--TEST--
Members may be Locks written in PHP: busy for a while, throwing, and released in the reverse order
--FILE--
<?php
require __DIR__ . '/../helper.inc';

class Logged implements Sitelock\Lock
{
    public static $log = [];
    public $held = false;
    public $busy_until = 0;
    public $throw = [];
    private $name;

    public function __construct(string $name) { $this->name = $name; }

    private function log(string $what): void
    {
        self::$log[] = "$this->name $what";
        if (in_array($what, $this->throw, true)) {
            throw new DomainException("$this->name $what");
        }
    }

    private function get(string $what, float $timeout): bool
    {
        $this->log($what);
        if (microtime(true) < $this->busy_until) {
            usleep((int) (min($timeout, max(0, $this->busy_until - microtime(true))) * 1e6));
        }
        return $this->held = microtime(true) >= $this->busy_until;
    }

    public function acquire($timeout = 0.0, $onWait = null): bool { return $this->get('acquire', $timeout); }
    public function acquireShared($timeout = 0.0, $onWait = null): bool { return $this->get('acquireShared', $timeout); }
    public function release(): void { $this->held = false; $this->log('release'); }
    public function isAcquired(): bool { return $this->held; }
    public function getHolders(): array { return []; }
    public function synchronized($critical, $timeout = INF, $onWait = null) { return null; }
    public function getPath(): string { return "/logged/$this->name"; }

    public static function takeLog(): string
    {
        // A busy one is asked again and again.
        $log = array_values(array_filter(self::$log, function ($line, $i) { return $i === 0 || $line !== self::$log[$i - 1]; }, ARRAY_FILTER_USE_BOTH));
        self::$log = [];
        return implode(', ', $log);
    }
}

$a = new Logged('a');
$b = new Logged('b');
$c = new Logged('c');
$set = new Sitelock\LockSet([$c, $a], [$b]);
check('acquired', $set->acquire() && $set->isAcquired());
echo Logged::takeLog(), "\n";
$set->release();
echo Logged::takeLog(), "\n";
$set->release();
check('once only', Logged::takeLog() === '' && !$set->isAcquired());
check('synchronized', $set->synchronized(function () { return Logged::takeLog(); }) === 'a acquire, b acquireShared, c acquire');
echo Logged::takeLog(), "\n";

$b->busy_until = INF;
check('one is busy', $set->acquire() === false);
echo Logged::takeLog(), "\n";
$took = seconds(function () use ($set) { check('for too long', $set->acquire(0.3) === false); });
check('in time', $took >= 0.29 && $took < 1.3 && !$a->held && !$c->held);
Logged::takeLog();
try {
    $set->synchronized(function () { echo "never\n"; }, 0.0);
} catch (Sitelock\BusyException $e) {
    check('it is named', strpos($e->getMessage(), '/logged/b is locked by') === 0 && count($e->getHolders()) === 1 && $e->getHolders()[0]->getPid() === null);
}
Logged::takeLog();

$b->busy_until = microtime(true) + 0.4;
$calls = [];
$took = seconds(function () use ($set, &$calls) { check('for a while', $set->acquire(20.0, function ($lock) use (&$calls) { $calls[] = $lock; })); });
check('not before, and soon after', $took > 0.3 && $took < 2);
check('onWait heard of it', $calls !== [] && $calls[0] === $b && count(array_unique($calls, SORT_REGULAR)) === 1);
$set->release();
check('given back in the reverse order', (bool) preg_match('/c release, b release, a release$/', Logged::takeLog()));
$b->busy_until = 0;

// Held before: let alone.
$a->held = true;
$set->acquire();
$set->release();
echo Logged::takeLog(), "\n";
$a->held = false;

foreach (['a', 'c'] as $name) {
    $$name->throw = ['acquire'];
    thrown(function () use ($set) { $set->acquire(); });
    echo Logged::takeLog(), "\n";
    thrown(function () use ($set) { $set->acquire(1.0); });
    Logged::takeLog();
    check('none is held', !$a->held && !$b->held && !$c->held);
    $$name->throw = [];
}
// While it waits.
$a->busy_until = microtime(true) + 0.2;
$b->throw = ['acquireShared'];
thrown(function () use ($set) { $set->acquire(20.0); });
check('none is held', !$a->held && !$b->held && !$c->held);
$b->throw = [];
$a->busy_until = 0;
Logged::takeLog();

// What release() throws: all the others are released too.
$set->acquire();
Logged::takeLog();
$c->throw = ['release'];
try {
    $set->release();
    echo "nothing thrown\n";
} catch (Throwable $e) {
    echo get_class($e), ' ', $e->getMessage(), "\n";
}
echo Logged::takeLog(), "\n";
check('all are free', !$a->held && !$b->held && !$c->held);
try {
    $set->synchronized(function () { throw new RangeException('mine'); });
} catch (Throwable $e) {
    echo get_class($e), ' ', $e->getMessage(), "\n";
}
check('all are free', !$a->held && !$b->held && !$c->held);
$c->throw = [];
Logged::takeLog();

$file = new Sitelock\FileLock(test_path());
$mixed = new Sitelock\LockSet([$a, $file]);
check('together with a file', $mixed->acquire(1.0) && $file->isAcquired() && $a->held);
unset($mixed);
check('dropped', !$file->isAcquired() && Logged::takeLog() === 'a acquire, a release');
$mixed = new Sitelock\LockSet([$a, $file]);
$a->busy_until = INF;
check('not without the other', $mixed->acquire(0.2) === false && !$file->isAcquired());
?>
--EXPECT--
ok acquired
a acquire, b acquireShared, c acquire
c release, b release, a release
ok once only
ok synchronized
c release, b release, a release
ok one is busy
a acquire, b acquireShared, a release
ok for too long
ok in time
ok it is named
ok for a while
ok not before, and soon after
ok onWait heard of it
ok given back in the reverse order
b acquireShared, c acquire, c release, b release
DomainException: a acquire
a acquire
DomainException: a acquire
ok none is held
DomainException: c acquire
a acquire, b acquireShared, c acquire, b release, a release
DomainException: c acquire
ok none is held
DomainException: b acquireShared
ok none is held
DomainException c release
c release, b release, a release
ok all are free
RangeException mine
ok all are free
ok together with a file
ok dropped
ok not without the other
