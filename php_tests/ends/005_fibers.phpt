--TEST--
A fiber that is suspended under a lock when the request ends badly is no good end
--FILE--
<?php
require __DIR__ . '/../helper.inc';

// Fibers are new in 8.1; before it a generator does as well.
$path = test_path();
$suspend = class_exists('Fiber')
    ? '$f = new Fiber(function () use ($path) { $lock = new Sitelock\FileLock($path); $lock->synchronized(function () { Fiber::suspend(); }); }); $f->start(); '
    : '$g = (function () use ($path) { $lock = new Sitelock\FileLock($path); $lock->acquire(); yield; })(); $g->current(); ';
foreach (['exit(3);' => 'exit status 3', 'throw new DomainException;' => 'uncaught DomainException', '' => 'nothing'] as $end => $expected) {
    Child::run($suspend . $end, $path, ['log_errors' => 0]);
    $lock = new Sitelock\FileLock($path);
    $lock->acquire();
    $heard = $lock->getAbandonedBy() ? $lock->getAbandonedBy()[0]->getEnd() : 'nothing';
    check($expected, $heard === $expected);
    $lock->markConsistent();
    $lock->release();
}
?>
--EXPECT--
ok exit status 3
ok uncaught DomainException
ok nothing
