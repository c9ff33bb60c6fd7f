--TEST--
The names, types and ancestry of the public classes
--FILE--
<?php
require __DIR__ . '/../helper.inc';

foreach (['Sitelock\\Lock', 'Sitelock\\FileLock', 'Sitelock\\DirectoryLock', 'Sitelock\\BorgLock', 'Sitelock\\LockSet', 'Sitelock\\Holder'] as $name) {
    $class = new ReflectionClass($name);
    echo $class->isInterface() ? 'interface' : ($class->isFinal() ? 'final class' : 'class'), " $name";
    $interfaces = array_diff($class->getInterfaceNames(), ['Stringable']);
    echo $interfaces ? ': ' . implode(', ', $interfaces) : '', "\n";
    foreach ($class->getMethods() as $method) {
        $parameters = array_map(function ($p) {
            return '$' . $p->getName() . ($p->isOptional() ? '?' : '');
        }, $method->getParameters());
        echo $method->isPublic() ? '  ' : '  private ', $method->getName(), '(', implode(', ', $parameters), ")\n";
    }
}
foreach (['Lock', 'Busy', 'Deadlock', 'LostLock', 'UnsafePath', 'Unsupported', 'System'] as $name) {
    $class = new ReflectionClass("Sitelock\\{$name}Exception");
    echo $class->getName(), ' extends ', $class->getParentClass()->getName(), "\n";
}
echo (new ReflectionFunction('Sitelock\\held'))->getName(), "\n";
check('the version is known', (bool) preg_match('/^\d+\.\d+\.\d+$/', phpversion('sitelock')));
?>
--EXPECT--
interface Sitelock\Lock
  acquire($timeout?, $onWait?)
  acquireShared($timeout?, $onWait?)
  release()
  isAcquired()
  getHolders()
  synchronized($critical, $timeout?, $onWait?)
  getPath()
final class Sitelock\FileLock: Sitelock\Lock
  __construct($path, $label?, $permissions?, $record?)
  acquire($timeout?, $onWait?)
  acquireShared($timeout?, $onWait?)
  release()
  isAcquired()
  getHolders()
  synchronized($critical, $timeout?, $onWait?)
  getPath()
  getWaitersAhead()
  getAbandonedBy()
  markConsistent()
  setInheritable($on)
  remove()
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
  forceBreak($seen?)
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
  forceBreak($seen?)
final class Sitelock\LockSet
  __construct($exclusive, $shared?)
  acquire($timeout?, $onWait?)
  release()
  isAcquired()
  getHolders()
  synchronized($critical, $timeout?, $onWait?)
final class Sitelock\Holder
  private __construct()
  getPid()
  getHost()
  getUser()
  getCommand()
  getLabel()
  isShared()
  getSince()
  isAlive()
  isSelf()
  isAncestor()
  isInherited()
  getEnd()
  __toString()
Sitelock\LockException extends RuntimeException
Sitelock\BusyException extends Sitelock\LockException
Sitelock\DeadlockException extends Sitelock\LockException
Sitelock\LostLockException extends Sitelock\LockException
Sitelock\UnsafePathException extends Sitelock\LockException
Sitelock\UnsupportedException extends Sitelock\LockException
Sitelock\SystemException extends Sitelock\LockException
Sitelock\held
ok the version is known
