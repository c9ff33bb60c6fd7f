--TEST--
Processes that wait for each other: one of them is told, with all pids and paths, and the others go on
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$code = '$own = new Sitelock\FileLock("$path.OWN"); $next = new Sitelock\FileLock("$path.NEXT");
    $own->OWN_MODE(); say("holds its own"); hear();
    try { $got = WAIT; say($got ? "got the next" : "NOT"); }
    catch (Sitelock\DeadlockException $e) { say($e->getMessage()); }
    $next->release(); $own->release(); hear();';
$acquire = '$next->acquire(INF)';
foreach ([
    'two' => [$acquire, $acquire],
    'three' => [$acquire, $acquire, $acquire],
    'two, of which one has it shared, and one wants it shared' => ['$next->acquireShared(INF)', $acquire],
    'two, with $onWait, synchronized and a time-out' => ['$next->synchronized(function () { return true; }, 50.0, function () {})', '$next->acquire(INF, function () {})'],
] as $name => $waits) {
    $children = [];
    foreach ($waits as $i => $wait) {
        $children[$i] = new Child(str_replace(['OWN_MODE', 'OWN', 'NEXT', 'WAIT'], [
            strpos($name, 'shared') && $i === 0 ? 'acquireShared' : 'acquire', (string) $i, (string) (($i + 1) % count($waits)), $wait,
        ], $code), $path);
        $children[$i]->hear();
    }
    foreach ($children as $child) {
        $child->tell('wait');
    }
    $told = 0;
    $got = 0;
    foreach ($children as $i => $child) {
        $line = $child->hear();
        $got += $line === 'got the next' ? 1 : 0;
        if (strpos($line, 'deadlock: ') === 0) {
            $told++;
            $expected = "deadlock: this process waits for ";
            for ($k = 1; $k <= count($waits); $k++) {
                $holder = $children[($i + $k) % count($waits)];
                $expected .= ($k === 1 ? '' : ', which waits for ') . "$path." . ($i + $k) % count($waits) . ', held by '
                    . ($holder === $child ? 'this process itself' : 'pid ' . $holder->pid() . ' ("...")');
            }
            $line = preg_replace('/\("[^"]*"\)/', '("...")', $line);
            check("$name: the message names them all", $line === "$expected; give back what you hold and try again");
        }
    }
    check("$name: one is told", $told === 1);
    check("$name: all others got what they waited for", $got === count($waits) - 1);
    foreach ($children as $child) {
        $child->wait();
    }
}
?>
--EXPECT--
ok two: the message names them all
ok two: one is told
ok two: all others got what they waited for
ok three: the message names them all
ok three: one is told
ok three: all others got what they waited for
ok two, of which one has it shared, and one wants it shared: the message names them all
ok two, of which one has it shared, and one wants it shared: one is told
ok two, of which one has it shared, and one wants it shared: all others got what they waited for
ok two, with $onWait, synchronized and a time-out: the message names them all
ok two, with $onWait, synchronized and a time-out: one is told
ok two, with $onWait, synchronized and a time-out: all others got what they waited for
