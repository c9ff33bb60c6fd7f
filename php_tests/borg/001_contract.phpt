--TEST--
BorgLock: names, arguments, relative paths; it is no value
--FILE--
<?php
require __DIR__ . '/borg.inc';

$class = new ReflectionClass('Sitelock\BorgLock');
echo $class->isFinal() ? 'final class ' : 'class ', $class->getName(), ': ', implode(', ', $class->getInterfaceNames()), "\n";
foreach ($class->getMethods() as $method) {
    echo '  ', $method->getName(), '(', implode(', ', array_map(function ($p) {
        return ($p->isVariadic() ? '...' : '') . '$' . $p->getName() . ($p->isOptional() && !$p->isVariadic() ? '?' : '');
    }, $method->getParameters())), ")\n";
}

$path = repository();
$before = rest($path);
foreach (['', "a\0b", 'phar://tool.phar/repository', 'file:///tmp/repository'] as $bad) {
    thrown(function () use ($bad) { new Sitelock\BorgLock($bad); });
}
foreach (["a\0b", '', 'a/b', str_repeat('x', 201)] as $bad) {
    thrown(function () use ($path, $bad) { new Sitelock\BorgLock($path, $bad); });
}
check('written as a directory is', (new Sitelock\BorgLock("$path/"))->getPath() === $path && (new Sitelock\BorgLock("$path/."))->getPath() === $path);
check('200 bytes are not too many', (new Sitelock\BorgLock($path, str_repeat('x', 200)))->getPath() === $path);
thrown(function () use ($path) { new Sitelock\BorgLock($path, null, "a\0b"); });
thrown(function () { new Sitelock\BorgLock(str_repeat('/x', 3000)); });
foreach ([[], [[]], [$path, []], [$path, null, []], [$path, HOST, '', 0600]] as $i => $arguments) {
    try {
        new Sitelock\BorgLock(...$arguments);
        echo "NOT OK arguments $i\n";
    } catch (TypeError $e) {
        echo "ok arguments $i\n";
    }
}
$lock = new Sitelock\BorgLock($path, HOST);
foreach (['acquire' => [NAN], 'acquireShared' => [-1.0], 'synchronized' => [function () { echo "never\n"; }, -INF]] as $name => $arguments) {
    thrown(function () use ($lock, $name, $arguments) { $lock->$name(...$arguments); });
}
foreach (['acquire' => ['soon'], 'acquireShared' => [1.0, 'no_such_function'], 'release' => [1], 'isAcquired' => [1], 'getHolders' => [1], 'synchronized' => [], 'getPath' => [1], 'breakStale' => [1], 'forceBreak' => [1]] as $name => $arguments) {
    try {
        $lock->$name(...$arguments);
        echo "NOT OK $name\n";
    } catch (TypeError $e) {
        echo "ok $name: wrong arguments\n";
    }
}
$lock->release();
$lock->forceBreak();
check('released before it was acquired', !$lock->isAcquired() && $lock->getHolders() === [] && $lock->breakStale() === false);
check('nothing of all that touched anything', rest($path) === $before && lock_files($path) === []);
check('a repository that is not there yet', (new Sitelock\BorgLock("$path.missing"))->getPath() === "$path.missing");

$other = new Sitelock\BorgLock($path, HOST);
foreach ([
    'clone' => function () use ($lock) { clone $lock; },
    'serialize' => function () use ($lock) { serialize($lock); },
    'unserialize' => function () { return unserialize('O:17:"Sitelock\BorgLock":0:{}'); },
    'construct twice' => function () use ($lock, $path) { $lock->__construct("$path.2"); },
    'without constructor' => function () { (new ReflectionClass('Sitelock\BorgLock'))->newInstanceWithoutConstructor()->acquire(); },
] as $what => $try) {
    try {
        $refused = @$try() === false; // before 8.1 unserialize() only warns
        echo "$what: ", $refused ? 'refused' : 'nothing thrown', "\n";
    } catch (Throwable $e) {
        echo "$what: refused\n";
    }
}
check('it is as it was', $lock->getPath() === $path);
check('two locks on one repository are not equal', $lock != $other && $lock == $lock);

chdir(dirname($path));
$lock = new Sitelock\BorgLock('./a/../repository', HOST);
chdir('/');
check('a relative path is resolved when it is constructed', $lock->getPath() === $path && $lock->acquire() && exclusive_records($path) === [record_name(getmypid())]);
unset($lock);
check('the last reference gives it back', lock_files($path) === []);
$lock = new Sitelock\BorgLock($path, HOST);
$lock->acquireShared();
unset($lock);
check('shared, too', lock_files($path) === [] && rest($path) === $before);
?>
--EXPECT--
final class Sitelock\BorgLock: Sitelock\Lock
  __construct($repository, $hostId?, $label?)
  acquire($timeout?, $onWait?)
  acquireShared($timeout?, $onWait?)
  release()
  isAcquired()
  getHolders()
  synchronized($critical, $timeout?, $onWait?)
  getPath()
  breakStale()
  forceBreak(...$seen)
ValueError or InvalidArgumentException: Argument ($repository) must not be empty
ValueError or InvalidArgumentException: Argument ($repository) must not contain any null bytes
ValueError or InvalidArgumentException: Argument ($repository) must be a plain path: a stream cannot be locked
ValueError or InvalidArgumentException: Argument ($repository) must be a plain path: a stream cannot be locked
ValueError or InvalidArgumentException: Argument ($hostId) must not contain any null bytes
ValueError or InvalidArgumentException: a host id has 1 to 200 bytes of UTF-8, and no slash
ValueError or InvalidArgumentException: a host id has 1 to 200 bytes of UTF-8, and no slash
ValueError or InvalidArgumentException: a host id has 1 to 200 bytes of UTF-8, and no slash
ok written as a directory is
ok 200 bytes are not too many
ValueError or InvalidArgumentException: Argument ($label) must not contain any null bytes
Sitelock\SystemException: expand_filepath(x): File name too long
ok arguments 0
ok arguments 1
ok arguments 2
ok arguments 3
ok arguments 4
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ValueError or InvalidArgumentException: Argument ($timeout) must be a number of seconds, 0 or more
ok acquire: wrong arguments
ok acquireShared: wrong arguments
ok release: wrong arguments
ok isAcquired: wrong arguments
ok getHolders: wrong arguments
ok synchronized: wrong arguments
ok getPath: wrong arguments
ok breakStale: wrong arguments
ok forceBreak: wrong arguments
ok released before it was acquired
ok nothing of all that touched anything
ok a repository that is not there yet
clone: refused
serialize: refused
unserialize: refused
construct twice: refused
without constructor: refused
ok it is as it was
ok two locks on one repository are not equal
ok a relative path is resolved when it is constructed
ok the last reference gives it back
ok shared, too
