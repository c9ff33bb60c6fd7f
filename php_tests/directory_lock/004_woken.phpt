--TEST--
A wait sleeps in the kernel's queue, and ends with the owner's release or death, not some time later
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path_alone();
$lock = new Sitelock\DirectoryLock($path);
$holder = directory_holder($path);
foreach ([0.0, 0.2] as $timeout) {
    $took = seconds(function () use ($lock, $timeout) { check("in vain, $timeout", $lock->acquire($timeout) === false && $lock->acquireShared($timeout) === false); });
    check('no longer and no shorter', $took >= 2 * $timeout && $took < 2 * $timeout + 2);
}
check('nothing stays beside the lock', entries(dirname($path)) === [basename($path)]);
$holder->wait();

// The delay that counts is the smallest of some: anything else on this machine may make one longer.
$wait = '$lock = new Sitelock\DirectoryLock($path); $got = $lock->METHOD(INF); $now = hrtime(true); say($got ? (string) $now : "NOT"); hear(); $lock->release(); say("released");';
foreach (['acquire' => ['acquire', 'acquireShared'], 'acquireShared' => ['acquire']] as $have => $wants) {
    foreach ($wants as $want) {
        foreach (['released', 'killed'] as $end) {
            $delays = [];
            for ($i = 0; $i < 5 && ($i === 0 || min($delays) >= 0.1); $i++) {
                $holder = directory_holder($path, $have);
                $record = record($path);
                $waiter = new Child(str_replace('METHOD', $want, $wait), $path);
                wait_for_waiters($record, 1);
                $start = hrtime(true);
                $end === 'killed' ? posix_kill($holder->pid(), SIGKILL) : $holder->tell('release');
                $delays[] = ((int) $waiter->hear() - $start) / 1e9;
                $waiter->tell('release');
                $waiter->hear();
                $waiter->wait();
                $holder->wait();
            }
            check("$have, then $want: " . ($end === 'killed' ? 'killed' : 'released') . ', at once', min($delays) > 0.0 && min($delays) < 0.1);
            check('nothing is left', entries(dirname($path)) === []);
        }
    }
}

// It does not ask from time to time: neither of its threads runs meanwhile.
$lock->acquire();
$record = record($path);
$waiter = new Child(str_replace('METHOD', 'acquire', $wait), $path);
wait_for_waiters($record, 1);
$runs = function () use ($waiter): array {
    $runs = [];
    foreach (glob('/proc/' . $waiter->pid() . '/task/*') as $thread) {
        preg_match('/^voluntary_ctxt_switches:\s*(\d+)/m', file_get_contents("$thread/status"), $match);
        $runs[] = trim(file_get_contents("$thread/comm")) === 'sitelock-wait' ? 'waits' : 'php';
        $runs[] = (int) $match[1];
    }
    return $runs;
};
usleep(100000); // until both sleep
$before = $runs();
check('two threads, one of which waits', count($before) === 4 && $before[2] === 'waits');
usleep(700000);
$after = $runs();
check('the one never runs, the other hardly ever', $after[3] === $before[3] && $after[1] - $before[1] <= 3);
$lock->release();
$waiter->hear();
$waiter->wait();
?>
--EXPECT--
ok in vain, 0
ok no longer and no shorter
ok in vain, 0.2
ok no longer and no shorter
ok nothing stays beside the lock
ok acquire, then acquire: released, at once
ok nothing is left
ok acquire, then acquire: killed, at once
ok nothing is left
ok acquire, then acquireShared: released, at once
ok nothing is left
ok acquire, then acquireShared: killed, at once
ok nothing is left
ok acquireShared, then acquire: released, at once
ok nothing is left
ok acquireShared, then acquire: killed, at once
ok nothing is left
ok two threads, one of which waits
ok the one never runs, the other hardly ever
