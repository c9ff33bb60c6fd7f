--TEST--
A path swapped with a symbolic link in a loop: the victim is never touched
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$victim = "$path.victim";
file_put_contents($victim, "precious\n");
touch($victim, 1000000000, 1000000000);
$attacker = new Child('say("ready"); for (;;) {
    @symlink("$path.victim", "$path.a"); rename("$path.a", $path);
    touch("$path.b"); rename("$path.b", $path); @unlink($path); }', $path);
$attacker->hear();
$outcomes = ['held' => 0, 'unsafe' => 0, 'other' => 0];
for ($i = 0; $i < 20000; $i++) {
    $lock = new Sitelock\FileLock($path);
    try {
        $outcomes[$lock->acquire() ? 'held' : 'other']++;
        $lock->release();
    } catch (Sitelock\UnsafePathException $e) {
        $outcomes['unsafe']++;
    } catch (Sitelock\LostLockException $e) {
    }
}
$attacker->kill();
clearstatcache();
check('both were met', $outcomes['held'] > 0 && $outcomes['unsafe'] > 0);
check('nothing else was', $outcomes['other'] === 0);
check('the victim is as it was', file_get_contents($victim) === "precious\n" && filemtime($victim) === 1000000000);
?>
--EXPECT--
ok both were met
ok nothing else was
ok the victim is as it was
