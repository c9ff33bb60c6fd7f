--TEST--
Masks, dispositions, pending signals and the alarm of the script are the same before and after a wait
--FILE--
<?php
require __DIR__ . '/../helper.inc';

$path = test_path();
$holder = holder($path);
pcntl_async_signals(true);
$handled = [];
foreach ([SIGUSR1, SIGALRM, SIGCHLD, SIGTERM] as $signal) {
    pcntl_signal($signal, function (int $signal) use (&$handled) { $handled[] = $signal; });
}
pcntl_signal(SIGHUP, SIG_IGN);
pcntl_signal(SIGINT, SIG_DFL);
pcntl_sigprocmask(SIG_BLOCK, [SIGUSR2, SIGTERM], $before);
posix_kill(getmypid(), SIGTERM); // stays pending
pcntl_alarm(1000);

/** Without those that glibc keeps to itself: 32 and 33, for its threads. */
function signals(string $status): array
{
    preg_match_all('/^(Sig(?:Blk|Ign|Cgt)|ShdPnd): *([0-9a-f]+)/m', str_replace("\t", ' ', file_get_contents($status)), $found);
    return array_combine($found[1], array_map(function ($bits) { return hexdec(substr($bits, 8)) & 0x7fffffff | hexdec(substr($bits, 0, 8)) >> 1 << 32; }, $found[2]));
}

function rest_of_alarm(): int
{
    $left = pcntl_alarm(1000);
    return $left;
}

$lock = new Sitelock\FileLock($path);
$set = new Sitelock\LockSet([$lock, new Sitelock\FileLock("$path.0")]);
$expected = signals('/proc/self/status');
check('control: they can be seen', $expected['SigBlk'] !== 0 && $expected['SigIgn'] !== 0 && $expected['SigCgt'] !== 0);
$during = null;
$thread = null;
$look = function () use (&$during, &$thread) {
    $during = signals('/proc/self/status');
    foreach (glob('/proc/self/task/*') as $task) {
        if (basename($task) !== (string) getmypid()) {
            $thread = signals("$task/status");
        }
    }
};
foreach ([
    'in vain' => function () use ($lock) { return !$lock->acquire(0.1); },
    'with onWait' => function () use ($lock, $look) { return !$lock->acquire(0.1, $look); },
    'a set, in vain' => function () use ($set) { return !$set->acquire(0.1); },
    'an exception in onWait' => function () use ($lock) { try { $lock->acquire(1.0, function () { throw new DomainException; }); } catch (DomainException $e) { return true; } },
    'with success' => function () use ($lock, $holder) { return $lock->acquire(INF, function () use ($holder) { $holder->tell('release'); }); },
] as $name => $wait) {
    check($name, $wait() && signals('/proc/self/status') === $expected);
    $left = pcntl_alarm(1000);
    check('the alarm is still to come', $left > 900 && $left < 1000 || $left === 1000);
}
check('the same while $onWait runs', $during === $expected);
check('the thread takes no signal', $thread['SigBlk'] === 0x7fffffff - (1 << SIGKILL - 1) - (1 << SIGSTOP - 1) | 0x7fffffff << 32);
check('no handler was called', $handled === []);
pcntl_sigprocmask(SIG_SETMASK, $before);
check('but for the one that was pending, afterwards', $handled === [SIGTERM]);
$lock->release();

$handled = [];
$holder->tell('again');
$holder->hear();
$holder->hear();
pcntl_alarm(1);
check('an alarm goes off while it waits', $lock->acquire(INF, function () use (&$handled) { return $handled === []; }) === false && $handled === [SIGALRM]);
$holder->wait();
?>
--EXPECT--
ok control: they can be seen
ok in vain
ok the alarm is still to come
ok with onWait
ok the alarm is still to come
ok a set, in vain
ok the alarm is still to come
ok an exception in onWait
ok the alarm is still to come
ok with success
ok the alarm is still to come
ok the same while $onWait runs
ok the thread takes no signal
ok no handler was called
ok but for the one that was pending, afterwards
ok an alarm goes off while it waits
