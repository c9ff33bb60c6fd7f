--TEST--
Still held while shutdown functions and destructors run, in whatever order globals die
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$code = '
class Watcher { public $name; public $lock; public $next; private $path;
    function __construct($name, $path) { $this->name = $name; $this->path = $path; }
    function __destruct() { say($this->name . ": " . (is_locked($this->path) ? "held" : "FREE")); } }
$before = new Watcher("destructor of a global before the lock", $path);
register_shutdown_function(function () use ($path) { say("shutdown function: " . (is_locked($path) ? "held" : "FREE")); });
LOCK
$after = new Watcher("destructor of a global after the lock", $path);
$cycle = new Watcher("destructor in a cycle", $path); $cycle->next = $cycle;
static $static; $static = new Watcher("destructor of a static", $path);
END';
$locks = [
    'in a global' => '$lock = new Sitelock\FileLock($path); $lock->acquire();',
    'in a property' => '$owner = new Watcher("its owner", $path); $owner->lock = new Sitelock\FileLock($path); $owner->lock->acquire();',
    'in a cycle' => '$owner = new Watcher("its owner", $path); $owner->next = $owner; $owner->lock = new Sitelock\FileLock($path); $owner->lock->acquire();',
    'in a static' => 'class Keeper { static $lock; } Keeper::$lock = new Sitelock\FileLock($path); Keeper::$lock->acquire();',
];
$ends = ['' => 'the end', 'exit;' => 'exit', 'throw new Exception;' => 'exception'];
foreach ($locks as $where => $lock) {
    foreach ($ends as $end => $name) {
        $child = new Child(str_replace(['LOCK', 'END'], [$lock, $end], $code), $path);
        $lines = [];
        while (($line = $child->hear()) !== null) {
            $lines[] = $line;
        }
        $child->wait();
        $held = $lines && !preg_grep('/FREE/', $lines) && preg_grep('/shutdown function: held/', $lines);
        check("$where, $name", $held && !is_locked($path));
        if (!$held) {
            echo implode("\n", $lines), "\n";
        }
    }
}
$child = new Child('function work($path) { $lock = new Sitelock\FileLock($path); $lock->acquire(); exit; }
    register_shutdown_function(function () use ($path) { say(is_locked($path) ? "held" : "free"); }); work($path);', $path);
check('a local variable, exit', $child->hear() === 'held');
$child->wait();
check('free afterwards', !is_locked($path));
?>
--EXPECT--
ok in a global, the end
ok in a global, exit
ok in a global, exception
ok in a property, the end
ok in a property, exit
ok in a property, exception
ok in a cycle, the end
ok in a cycle, exit
ok in a cycle, exception
ok in a static, the end
ok in a static, exit
ok in a static, exception
ok a local variable, exit
ok free afterwards
