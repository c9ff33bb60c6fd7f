--TEST--
cat shows who holds the lock, and that it was released
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$lock = new Sitelock\FileLock($path, "Übernacht: site\n\x1b[31mred\x07");
$lock->acquire();
$lines = explode("\n", file_get_contents($path));
check('held', (bool) preg_match('/^sitelock 1 held     sum [0-9a-f]{16} size \d{4} dead 0000$/', $lines[0]));
check('the process', (bool) preg_match('/^pid ' . getmypid() . ' start \d+ boot [0-9a-f-]{36} pidns \d+$/', $lines[1]));
check('since', (bool) preg_match('/^since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/', $lines[2]));
check('host', $lines[3] === 'host ' . php_uname('n'));
check('user', $lines[4] === 'user ' . posix_getpwuid(posix_geteuid())['name']);
check('command', strpos($lines[5], 'command ') === 0);
echo $lines[6], "\n";
check('the rest is blank', trim(implode("\n", array_slice($lines, 7))) === '');
check('it fills whole blocks and ends in a newline', filesize($path) === 512 && substr(file_get_contents($path), -1) === "\n");
$lock->release();
check('released', strpos(file_get_contents($path), 'sitelock 1 released') === 0);
check('releasing does not change the size', (clearstatcache() ?? true) && filesize($path) === 512);
?>
--EXPECT--
ok held
ok the process
ok since
ok host
ok user
ok command
label Übernacht: site\x0a\x1b[31mred\x07
ok the rest is blank
ok it fills whole blocks and ends in a newline
ok released
ok releasing does not change the size
