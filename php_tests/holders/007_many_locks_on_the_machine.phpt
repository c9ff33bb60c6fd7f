--TEST--
The holder is found among thousands of locks, while others come and go
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$noise = [];
for ($i = 0; $i < 4; $i++) {
    $noise[] = $child = new Child('$locks = []; for ($i = 0; $i < 200; $i++) { $locks[] = $l = new Sitelock\FileLock("$path.' . $i . '.$i"); $l->acquire(); }
        say("ready"); for (;;) { foreach ($locks as $l) { $l->release(); $l->acquire(); } }', $path);
    $child->hear();
}
$reader = new Child('$lock = new Sitelock\FileLock($path); $lock->acquireShared(); say("locked"); hear();', $path);
$reader->hear();
$lock = new Sitelock\FileLock($path);
$right = 0;
for ($i = 0; $i < 200; $i++) {
    $holders = $lock->getHolders();
    $right += count($holders) === 1 && $holders[0]->getPid() === $reader->pid();
}
check('every time', $right === 200);
$reader->wait();
foreach ($noise as $child) {
    $child->kill();
}
?>
--EXPECT--
ok every time
