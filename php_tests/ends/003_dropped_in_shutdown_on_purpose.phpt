--TEST--
A shutdown function or destructor can still give a lock back, and take one
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$child = new Child('$lock = new Sitelock\FileLock($path); $lock->acquire();
    register_shutdown_function(function () use ($path) {
        unset($GLOBALS["lock"]);
        say(is_locked($path) ? "held" : "free");
        $again = new Sitelock\FileLock($path);
        say($again->acquire() ? "acquired" : "busy");
        unset($again);
        say(is_locked($path) ? "held" : "free");
        $again = new Sitelock\FileLock($path);
        say($again->acquire() ? "acquired" : "busy");
        $again->release();
    });
    class Late { public $path; function __destruct() { $lock = new Sitelock\FileLock($this->path); say($lock->acquire() ? "acquired" : "busy"); } }
    $late = new Late; $late->path = $path;', $path);
while (($line = $child->hear()) !== null) {
    echo "$line\n";
}
check('a clean end', $child->wait() === 0);
$lock = new Sitelock\FileLock($path);
check('nothing to report', $lock->acquire() && $lock->getAbandonedBy() === []);
?>
--EXPECT--
free
acquired
free
acquired
acquired
ok a clean end
ok nothing to report
