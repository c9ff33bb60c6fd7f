--TEST--
Started with closed standard descriptors, the lock does not take their place
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$script = test_path('closed.php');
file_put_contents($script, '<?php
    $locks = [];
    for ($i = 0; $i < 4; $i++) {
        $locks[] = $lock = new Sitelock\FileLock($argv[1] . $i);
        $lock->acquire();
    }
    $low = array_filter([0, 1, 2], function ($fd) use ($argv) { return strpos((string) @readlink("/proc/self/fd/$fd"), $argv[1]) === 0; });
    file_put_contents("$argv[1].low", implode(",", $low));
    // PHP ends a script whose output cannot be written.
    ignore_user_abort(true);
    echo "printed into nothing\n";
    fwrite(fopen("php://stderr", "w"), "and this\n");
');
exec(implode(' ', array_map('escapeshellarg', php_command([$script, $path]))) . ' <&- >&- 2>&-');
check('no lock has a standard descriptor', file_get_contents("$path.low") === '');
for ($i = 0; $i < 4; $i++) {
    check('nothing was printed into it', preg_match('/^sitelock 1 (released|failed  ) sum \w+ size 0512 dead 0000\npid /', file_get_contents($path . $i)) === 1 && filesize($path . $i) === 512);
}
?>
--EXPECT--
ok no lock has a standard descriptor
ok nothing was printed into it
ok nothing was printed into it
ok nothing was printed into it
ok nothing was printed into it
