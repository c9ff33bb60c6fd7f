--TEST--
Of many dead owners the first and the latest three are named, and all are counted
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
for ($i = 1; $i <= 7; $i++) {
    $child = new Child('$lock = new Sitelock\FileLock($path, "run ' . $i . ' " . str_repeat("ü", 100)); $lock->acquire(); say("locked"); hear();', $path);
    $child->hear();
    $child->kill();
}
$lock = new Sitelock\FileLock($path);
$lock->acquire();
foreach ($lock->getAbandonedBy() as $holder) {
    echo substr($holder->getLabel(), 0, 5), "\n";
    check('cut between characters', preg_match('//u', $holder->getLabel()) === 1);
}
$lock->release();
check('the file counts them', strpos(file_get_contents($path), " dead 0007\n") !== false);
check('and stays small', filesize($path) <= 2048);
?>
--EXPECT--
run 1
ok cut between characters
run 5
ok cut between characters
run 6
ok cut between characters
run 7
ok cut between characters
ok the file counts them
ok and stays small
