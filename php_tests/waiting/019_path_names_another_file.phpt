--TEST--
The file is removed or replaced while others wait: they move to the one that the path names now
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$wait = '$lock = new Sitelock\FileLock($path); say("waits"); say($lock->acquire(INF) ? "held" : "NOT");
    say($lock->isAcquired() ? "the right one" : "the wrong one"); hear(); $lock->release();';
foreach ([
    'remove()' => function ($lock) { $lock->remove(); },
    'unlinked, still held' => function ($lock, $path) { unlink($path); },
    'renamed, still held' => function ($lock, $path) { rename($path, "$path.old"); },
    'replaced by a free one, still held' => function ($lock, $path) { touch("$path.new"); rename("$path.new", $path); },
] as $name => $change) {
    $lock = new Sitelock\FileLock($path);
    $lock->acquire();
    $children = [new Child($wait, $path), new Child($wait, $path)];
    foreach ($children as $child) {
        $child->hear();
    }
    wait_for_waiters($path, 2);
    $change($lock, $path);
    // Each in its turn, and never both: the other one has queued up for the new file.
    $took = seconds(function () use ($children, &$first) {
        wait_until(function () use ($children, &$first) {
            foreach ($children as $i => $child) {
                if ($child->speaks_within(0.0)) {
                    $first = $i;
                    return true;
                }
            }
        });
    });
    check("$name: one of them has it in about a second", $took < 3 && $children[$first]->hear() === 'held' && $children[$first]->hear() === 'the right one');
    check('the other one waits', wait_for_waiters($path, 1) && !$children[1 - $first]->speaks_within(0.0));
    $children[$first]->tell('release');
    check('and has it then', $children[1 - $first]->hear() === 'held' && $children[1 - $first]->hear() === 'the right one');
    foreach ($children as $child) {
        $child->wait();
    }
    try {
        $lock->release();
    } catch (Sitelock\LostLockException $e) {
    }
}

$file = fopen($path, 'c+');
flock($file, LOCK_EX);
$control = new Child('$file = fopen($path, "r"); say("waits"); flock($file, LOCK_EX); say(fstat($file)["ino"] === @stat($path)["ino"] ? "the right one" : "the wrong one");', $path);
$control->hear();
wait_for_waiters($path, 1);
unlink($path);
touch($path);
flock($file, LOCK_UN);
echo 'control, flock(): ', $control->hear(), "\n";
$control->wait();
unlink($path);

// What the path names then may be anything.
$lock = new Sitelock\FileLock($path);
$lock->acquire();
$waiter = new Child('try { (new Sitelock\FileLock($path))->acquire(INF); } catch (Sitelock\LockException $e) { say(get_class($e)); }', $path);
wait_for_waiters($path, 1);
unlink($path);
symlink('/dev/null', $path);
echo 'a symbolic link: ', $waiter->hear(), "\n";
$waiter->wait();
?>
--EXPECT--
ok remove(): one of them has it in about a second
ok the other one waits
ok and has it then
ok unlinked, still held: one of them has it in about a second
ok the other one waits
ok and has it then
ok renamed, still held: one of them has it in about a second
ok the other one waits
ok and has it then
ok replaced by a free one, still held: one of them has it in about a second
ok the other one waits
ok and has it then
control, flock(): the wrong one
a symbolic link: Sitelock\UnsafePathException
