--TEST--
What a LockSet may be made of; it is no Lock and no value
--FILE--
<?php
require __DIR__ . '/../helper.inc';

/** A Lock written in PHP. Without types of parameters, which before PHP 8 the interface has not either. */
class PathOnly implements Sitelock\Lock
{
    private $path;
    public function __construct($path) { $this->path = $path; }
    public function acquire($timeout = 0.0, $onWait = null): bool { return true; }
    public function acquireShared($timeout = 0.0, $onWait = null): bool { return true; }
    public function release(): void {}
    public function isAcquired(): bool { return false; }
    public function getHolders(): array { return []; }
    public function synchronized($critical, $timeout = INF, $onWait = null) { return null; }
    public function getPath(): string { if ($this->path === null) { throw new DomainException('no path'); } return $this->path; }
}

$a = new Sitelock\FileLock(test_path('a'));
$b = new Sitelock\FileLock(test_path('b'));
$same = new Sitelock\FileLock(test_path('x/../a'));
foreach ([
    'a text' => [['a']], 'null' => [[null]], 'an object' => [[new stdClass]], 'in the second array' => [[$a], [1]], 'a set' => [[new Sitelock\LockSet([$a])]],
    'a lock and something else' => [[$a, $b, 'c']],
] as $what => $arguments) {
    echo "$what: ";
    thrown(function () use ($arguments) { new Sitelock\LockSet(...$arguments); });
}
foreach ([
    'none' => [[]], 'none at all' => [[], []], 'the same object twice' => [[$a, $b, $a]], 'in both' => [[$a], [$b, $a]],
    'the same path' => [[$a], [$same]], 'a path of another kind of lock' => [[$b, new PathOnly($b->getPath())]],
] as $what => $arguments) {
    echo "$what: ";
    thrown(function () use ($arguments) { new Sitelock\LockSet(...$arguments); });
}
echo 'getPath() throws: ';
thrown(function () use ($a) { new Sitelock\LockSet([$a, new PathOnly(null)]); });
foreach ([[], [$a], [[$a], $b], [[$a], [], []], ['a']] as $i => $arguments) {
    try {
        new Sitelock\LockSet(...$arguments);
        echo "NOT OK\n";
    } catch (TypeError $e) {
        echo "ok arguments $i\n";
    }
}
check('nothing was opened', !file_exists($a->getPath()) && !file_exists($b->getPath()));
check('any keys, any references', (new Sitelock\LockSet(['x' => $a, 7 => &$b]))->acquire() && (new Sitelock\LockSet([], [new Sitelock\FileLock(test_path('c'))]))->acquire());

$set = new Sitelock\LockSet([$a]);
check('no Lock', !$set instanceof Sitelock\Lock);
foreach ([
    'clone' => function () use ($set) { clone $set; },
    'serialize' => function () use ($set) { serialize($set); },
    'unserialize' => function () { return unserialize('O:16:"Sitelock\LockSet":0:{}'); },
    'construct twice' => function () use ($set, $b) { $set->__construct([$b]); },
    'extend' => function () { if ((new ReflectionClass('Sitelock\LockSet'))->isFinal()) { throw new Exception; } },
    'acquire without constructor' => function () { (new ReflectionClass('Sitelock\LockSet'))->newInstanceWithoutConstructor()->acquire(); },
] as $what => $try) {
    try {
        $refused = @$try() === false; // before 8.1 unserialize() only warns
        echo "$what: ", $refused ? 'refused' : 'nothing thrown', "\n";
    } catch (Throwable $e) {
        echo "$what: refused\n";
    }
}
check('two sets are not equal', $set != new Sitelock\LockSet([$a]));

// Changing the array or the variables afterwards changes nothing.
$members = [new Sitelock\FileLock(test_path('d')), new Sitelock\FileLock(test_path('e'))];
$set = new Sitelock\LockSet($members);
$members = null;
check('it keeps its members', $set->acquire() && is_locked(test_path('d')) && is_locked(test_path('e')) && count(Sitelock\held()) === 2);
unset($set);
check('and gives them back with its end', !is_locked(test_path('d')) && !is_locked(test_path('e')));
?>
--EXPECT--
a text: TypeError: Argument ($exclusive) must be an array of Sitelock\Lock
null: TypeError: Argument ($exclusive) must be an array of Sitelock\Lock
an object: TypeError: Argument ($exclusive) must be an array of Sitelock\Lock
in the second array: TypeError: Argument ($shared) must be an array of Sitelock\Lock
a set: TypeError: Argument ($exclusive) must be an array of Sitelock\Lock
a lock and something else: TypeError: Argument ($exclusive) must be an array of Sitelock\Lock
none: ValueError or InvalidArgumentException: a LockSet needs at least one lock
none at all: ValueError or InvalidArgumentException: a LockSet needs at least one lock
the same object twice: ValueError or InvalidArgumentException: a is in this LockSet twice
in both: ValueError or InvalidArgumentException: a is in this LockSet twice
the same path: ValueError or InvalidArgumentException: a is in this LockSet twice
a path of another kind of lock: ValueError or InvalidArgumentException: b is in this LockSet twice
getPath() throws: DomainException: no path
ok arguments 0
ok arguments 1
ok arguments 2
ok arguments 3
ok arguments 4
ok nothing was opened
ok any keys, any references
ok no Lock
clone: refused
serialize: refused
unserialize: refused
construct twice: refused
extend: refused
acquire without constructor: refused
ok two sets are not equal
ok it keeps its members
ok and gives them back with its end
