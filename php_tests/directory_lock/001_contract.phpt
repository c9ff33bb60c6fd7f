--TEST--
DirectoryLock: names, arguments, relative paths; it is no value
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$class = new ReflectionClass('Sitelock\DirectoryLock');
echo $class->isFinal() ? 'final class ' : 'class ', $class->getName(), ': ', implode(', ', $class->getInterfaceNames()), "\n";
foreach ($class->getMethods() as $method) {
    echo '  ', $method->getName(), '(', implode(', ', array_map(function ($p) {
        return ($p->isVariadic() ? '...' : '') . '$' . $p->getName() . ($p->isOptional() && !$p->isVariadic() ? '?' : '');
    }, $method->getParameters())), ")\n";
}

$path = test_path_alone();
foreach (['', "a\0b", 'directory/', '/', 'phar://tool.phar/lock', 'file:///tmp/lock'] as $bad) {
    thrown(function () use ($bad) { new Sitelock\DirectoryLock($bad); });
}
thrown(function () use ($path) { new Sitelock\DirectoryLock($path, "a\0b"); });
thrown(function () { new Sitelock\DirectoryLock(str_repeat('/x', 3000)); });
foreach ([[], [[]], [$path, []], [$path, '', 0600]] as $i => $arguments) {
    try {
        new Sitelock\DirectoryLock(...$arguments);
        echo "NOT OK arguments $i\n";
    } catch (TypeError $e) {
        echo "ok arguments $i\n";
    }
}
$lock = new Sitelock\DirectoryLock($path);
foreach (['acquire' => [NAN], 'acquireShared' => [-1.0], 'synchronized' => [function () { echo "never\n"; }, -INF]] as $name => $arguments) {
    thrown(function () use ($lock, $name, $arguments) { $lock->$name(...$arguments); });
}
foreach (['acquire' => ['soon'], 'acquireShared' => [1.0, 'no_such_function'], 'release' => [1], 'isAcquired' => [1], 'getHolders' => [1], 'synchronized' => [], 'getPath' => [1], 'breakStale' => [1]] as $name => $arguments) {
    try {
        $lock->$name(...$arguments);
        echo "NOT OK $name\n";
    } catch (TypeError $e) {
        echo "ok $name: wrong arguments\n";
    }
}
$lock->release();
check('released before it was acquired', !$lock->isAcquired() && $lock->getHolders() === [] && $lock->breakStale() === false);
check('nothing of all that touched anything', entries(dirname($path)) === []);

$other = new Sitelock\DirectoryLock($path);
foreach ([
    'clone' => function () use ($lock) { clone $lock; },
    'serialize' => function () use ($lock) { serialize($lock); },
    'unserialize' => function () { return unserialize('O:22:"Sitelock\DirectoryLock":0:{}'); },
    'construct twice' => function () use ($lock, $path) { $lock->__construct("$path.2"); },
    'without constructor' => function () { (new ReflectionClass('Sitelock\DirectoryLock'))->newInstanceWithoutConstructor()->acquire(); },
] as $what => $try) {
    try {
        $refused = @$try() === false; // before 8.1 unserialize() only warns
        echo "$what: ", $refused ? 'refused' : 'nothing thrown', "\n";
    } catch (Throwable $e) {
        echo "$what: refused\n";
    }
}
check('it is as it was', $lock->getPath() === $path);
check('two locks on one path are not equal', $lock != $other && $lock == $lock);

$directory = dirname($path);
chdir($directory);
$lock = new Sitelock\DirectoryLock('./a/../relative');
chdir('/');
check('a relative path is resolved when it is constructed', $lock->getPath() === "$directory/relative" && $lock->acquire() && entries($directory) === ['relative']);
unset($lock);
check('the last reference gives it back', entries($directory) === []);
?>
--EXPECT--
final class Sitelock\DirectoryLock: Sitelock\Lock
  __construct($path, $label?)
  acquire($timeout?, $onWait?)
  acquireShared($timeout?, $onWait?)
  release()
  isAcquired()
  getHolders()
  synchronized($critical, $timeout?, $onWait?)
  getPath()
  setInheritable($on)
  breakStale()
  forceBreak(...$seen)
ValueError or InvalidArgumentException: Argument ($path) must not be empty
ValueError or InvalidArgumentException: Argument ($path) must not contain any null bytes
ValueError or InvalidArgumentException: Argument ($path) must not end in a slash
ValueError or InvalidArgumentException: Argument ($path) must not end in a slash
ValueError or InvalidArgumentException: Argument ($path) must be a plain path: a stream cannot be locked
ValueError or InvalidArgumentException: Argument ($path) must be a plain path: a stream cannot be locked
ValueError or InvalidArgumentException: Argument ($label) must not contain any null bytes
Sitelock\SystemException: expand_filepath(x): File name too long
ok arguments 0
ok arguments 1
ok arguments 2
ok arguments 3
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
ok released before it was acquired
ok nothing of all that touched anything
clone: refused
serialize: refused
unserialize: refused
construct twice: refused
without constructor: refused
ok it is as it was
ok two locks on one path are not equal
ok a relative path is resolved when it is constructed
ok the last reference gives it back
