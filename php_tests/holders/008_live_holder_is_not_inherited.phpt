--TEST--
A holder that gives back and takes again while we look is never called its own heir
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$loop = 'say("ready"); $lock = new Sitelock\FileLock($path); for ($i = 0; $i < 1000000; $i++) { if ($lock->acquire()) { $lock->release(); } }';
$children = [new Child($loop, $path), new Child($loop, $path)];
foreach ($children as $child) {
    $child->hear();
}
$pids = array_map(function ($child) { return $child->pid(); }, $children);
$lock = new Sitelock\FileLock($path);
$named = 0;
$inherited = 0;
$strangers = 0;
for ($i = 0; $i < 3000; $i++) {
    foreach ($lock->getHolders() as $holder) {
        $named++;
        $inherited += $holder->isInherited() ? 1 : 0;
        $strangers += $holder->getPid() === null || in_array($holder->getPid(), $pids, true) ? 0 : 1;
    }
}
foreach ($children as $child) {
    $child->kill();
}
check('holders were seen', $named > 100);
check('none of them inherited', $inherited === 0);
check('none of them a stranger', $strangers === 0);
?>
--EXPECT--
ok holders were seen
ok none of them inherited
ok none of them a stranger
