--TEST--
Sets in opposite orders, and beside who takes the same locks one by one: no deadlock, and all get on
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$start = '$a = new Sitelock\FileLock(dirname($path) . "/a"); $b = new Sitelock\FileLock(dirname($path) . "/b"); $mark = "$path.mark";
    $critical = function () use ($mark) { if (!@mkdir($mark)) { say("TWO AT ONCE"); exit(1); } rmdir($mark); };
    say("ready"); hear();
    for ($i = 0; $i < ROUNDS; $i++) { ROUND }
    say("done");';
$sets = ['$s = new Sitelock\LockSet([$a, $b]); $s->acquire(INF); $critical(); $s->release();', '$s = new Sitelock\LockSet([$b, $a]); $s->acquire(INF); $critical(); $s->release();'];
$single = 'FIRST->acquire(INF); SECOND->acquire(INF); $critical(); SECOND->release(); FIRST->release();';
$b_then_a = str_replace(['FIRST', 'SECOND'], ['$b', '$a'], $single);
$a_then_b = str_replace(['FIRST', 'SECOND'], ['$a', '$b'], $single);
foreach ([
    'two sets' => [300, $sets],
    'sets, beside who takes b and then a' => [100, [$sets[0], $sets[1], $b_then_a]],
    'sets, beside who takes a and then b' => [100, [$sets[0], $sets[1], $a_then_b]],
    'synchronized' => [100, ['(new Sitelock\LockSet([$a, $b]))->synchronized($critical);', '(new Sitelock\LockSet([$b, $a]))->synchronized($critical);', $b_then_a]],
] as $name => [$rounds, $codes]) {
    $children = [];
    foreach ($codes as $code) {
        $children[] = $child = new Child(str_replace(['ROUNDS', 'ROUND'], [(string) $rounds, $code], $start), test_path());
        $child->hear();
    }
    foreach ($children as $child) {
        $child->tell('go');
    }
    foreach ($children as $i => $child) {
        $line = $child->hear();
        check("$name, number $i" . ($line === 'done' ? '' : ": $line"), $line === 'done' && $child->wait() === 0);
    }
}

// Forced, not left to chance: one has b and wants a, while the set has a and wants b.
$b = new Sitelock\FileLock(test_path('b'));
$a = new Sitelock\FileLock(test_path('a'));
$a->acquire();
$b->acquire();
$child = new Child('$s = new Sitelock\LockSet([new Sitelock\FileLock(dirname($path) . "/a"), new Sitelock\FileLock(dirname($path) . "/b")]); say($s->acquire(INF) ? "held" : "NOT"); hear(); $s->release();', test_path());
wait_for_waiters(test_path('a'), 1);
$a->release();
wait_until(function () use ($a) { return $a->getHolders() !== [] || waiters(test_path('b')) === 1; });
$took = seconds(function () use ($a) { check('it steps back', $a->acquire(30.0)); });
check('soon, and waits for b alone', $took < 5 && wait_for_waiters(test_path('b'), 1));
$a->release();
check('not before b is free', !$child->speaks_within(0.1));
$b->release();
check('then it has both', $child->hear() === 'held' && is_locked(test_path('a')) && is_locked(test_path('b')));
$child->wait();

// Control: one by one, a deadlock.
$b->acquire();
$child = new Child('$a = new Sitelock\FileLock(dirname($path) . "/a"); $a->acquire(INF);
    try { (new Sitelock\FileLock(dirname($path) . "/b"))->acquire(INF); say("got it"); } catch (Sitelock\DeadlockException $e) { say("deadlock"); }', test_path());
wait_for_waiters(test_path('b'), 1);
try {
    $a->acquire(INF);
    $here = 'got it';
} catch (Sitelock\DeadlockException $e) {
    $here = 'deadlock';
}
$b->release();
$both = [$here, $child->hear()];
sort($both);
echo 'control, one by one: ', implode(', ', $both), "\n";
$child->wait();
?>
--EXPECT--
ok two sets, number 0
ok two sets, number 1
ok sets, beside who takes b and then a, number 0
ok sets, beside who takes b and then a, number 1
ok sets, beside who takes b and then a, number 2
ok sets, beside who takes a and then b, number 0
ok sets, beside who takes a and then b, number 1
ok sets, beside who takes a and then b, number 2
ok synchronized, number 0
ok synchronized, number 1
ok synchronized, number 2
ok it steps back
ok soon, and waits for b alone
ok not before b is free
ok then it has both
control, one by one: deadlock, got it
