--TEST--
held() in a destructor that the garbage collector calls hands out no lock that is being freed
--FILE--
<?php
require __DIR__ . '/../helper.inc';

class Curious { function __destruct() { $GLOBALS['seen'] = Sitelock\held(); } }

function leak(string $path): void
{
    $cycle = new stdClass;
    $cycle->self = $cycle;
    $cycle->lock = new Sitelock\FileLock($path);
    $cycle->lock->acquire();
    $cycle->curious = new Curious;
}

$path = test_path();
leak($path);
gc_collect_cycles();
check('what was handed out is a lock that can be used', array_filter($seen, function ($lock) use ($path) { return $lock->getPath() !== $path || !$lock->isAcquired(); }) === []);
unset($seen);
gc_collect_cycles();
check('and it is given back', !is_locked($path));
?>
--EXPECT--
ok what was handed out is a lock that can be used
ok and it is given back
