<?php
/*
 * One part of tools/torture-directory:
 *
 *     php torture.php NAME PROTOCOL SECONDS SCRATCH VIEW...
 *
 * PROTOCOL is sitelock, or mkdir for the control. The lock is called "lock" in the folder VIEW. If there are
 * two, they show one folder, the first is the one behind the other, and half of the workers go
 * through each. SCRATCH is an empty folder elsewhere, on a file system of this machine.
 */

require __DIR__ . '/overlap.php';
require __DIR__ . '/mkdir_lock.php';

use Sitelock\DirectoryLock;
use Sitelock\Holder;
use Sitelock\LostLockException;
use Sitelock\SystemException;

const WORKERS = 8;
const HANGS = 10.0; // so long after its time no wait may end

const ENOENT = 2;
const ESTALE = 116;

// What the journal of a view says, a byte for each event.
const EXCLUSIVE = 'x'; // is the owner now
const SHARED = 's';    // is one of the owners now
const OVERLAP = 'O';   // and so is somebody else who must not be
const RELEASED = '.';
const LOST = 'L';      // … which was no longer the owner's
const BUSY = 'b';
const REFUSED = 'r';   // by the kernel, where that may be
const FAILED = 'E';
const LATE = 'H';
const UNNAMED = 'N';   // the owner is not among the holders

[, $name, $protocol, $seconds, $scratch] = $argv;
$views = array_slice($argv, 5);
$deadline = hrtime(true) + (int) ($seconds * 1e9);
$libc = FFI::cdef('
    int prctl(int option, unsigned long argument, ...);
    int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
');

function new_lock(string $view, string $label = '')
{
    global $protocol;
    return $protocol === 'mkdir' ? new MkdirLock("$view/lock") : new DirectoryLock("$view/lock", $label);
}

/** Each byte is written at once, so it survives SIGKILL. */
function journal(int $view)
{
    global $scratch;
    $file = fopen("$scratch/journal-$view", 'a');
    stream_set_write_buffer($file, 0);
    return $file;
}

function complain(string $who, Throwable $e): void
{
    global $scratch;
    $what = preg_replace('/[0-9a-f]{32}/', '…', get_class($e) . ': ' . $e->getMessage());
    file_put_contents("$scratch/complaints", "$who: $what\n", FILE_APPEND);
}

/** Where two views of a folder contradict each other, the kernel may refuse. Nothing else may fail. */
function outcome_of(string $who, Throwable $e): string
{
    global $views;
    if (count($views) > 1 && $e instanceof SystemException && in_array($e->getCode(), [ENOENT, ESTALE], true)) {
        return REFUSED;
    }
    complain($who, $e);
    return $e instanceof LostLockException ? LOST : FAILED;
}

// --- a worker

/** Does the owner find himself, as what he is? */
function is_well_held($lock, bool $shared): bool
{
    $selves = array_filter($lock->getHolders(), function (Holder $holder) use ($shared) {
        return $holder->isSelf() && $holder->isShared() === $shared;
    });
    return $lock->isAcquired() && count($selves) === 1;
}

/** Try or wait, own it for a moment, release. */
function acquire_and_release($lock, Overlap $overlap, $journal): void
{
    $shared = random_int(0, 3) === 0;
    $timeout = [0.0, 0.0, 0.02, 0.2, 2.0][random_int(0, 4)];
    $start = hrtime(true);
    $acquired = $shared ? $lock->acquireShared($timeout) : $lock->acquire($timeout);
    if (hrtime(true) - $start > ($timeout + HANGS) * 1e9) {
        fwrite($journal, LATE);
    }
    if (!$acquired) {
        fwrite($journal, BUSY);
        usleep(random_int(0, 4000));
        return;
    }
    fwrite($journal, $overlap->enter($shared) ? ($shared ? SHARED : EXCLUSIVE) : OVERLAP);
    usleep(random_int(0, 1500));
    if ($lock instanceof DirectoryLock && random_int(0, 15) === 0 && !is_well_held($lock, $shared)) {
        fwrite($journal, UNNAMED);
    }
    $overlap->leave();
    $lock->release();
    fwrite($journal, RELEASED);
    usleep(random_int(0, 500));
}

function work(int $view, string $label): void
{
    global $views, $scratch, $deadline;
    $journal = journal($view);
    $overlap = new Overlap("$scratch/overlap"); // before any lock: see there
    $lock = new_lock($views[$view], $label);
    while (hrtime(true) < $deadline) {
        try {
            acquire_and_release($lock, $overlap, $journal);
        } catch (Throwable $e) {
            $overlap->leave();
            fwrite($journal, outcome_of('worker', $e));
            usleep(random_int(0, 4000));
        }
    }
}

// --- the supervisor

/** @var array<int, array{string, int}> $workers pid => [label, view] */
$workers = [];
$serial = 0;

function start_worker(int $view): void
{
    global $workers, $serial, $libc;
    $label = 'worker ' . ++$serial;
    $supervisor = getmypid();
    $pid = pcntl_fork();
    if ($pid === 0) {
        $libc->prctl(1 /* PR_SET_PDEATHSIG */, SIGKILL);
        if (posix_getppid() === $supervisor) {
            work($view, $label);
        }
        exit(0);
    }
    $workers[$pid] = [$label, $view];
}

/** Those of the lock that a worker has, or had. */
function holders_of(DirectoryLock $lock, string $label): array
{
    return array_filter($lock->getHolders(), function (Holder $holder) use ($label) {
        return $holder->getLabel() === $label;
    });
}

/** What the supervisor asks of the lock must not fail either. */
function watched(callable $call): void
{
    try {
        $call();
    } catch (Throwable $e) {
        fwrite(journal(0), outcome_of('supervisor', $e));
    }
}

/**
 * Kills one, waits for its end, and starts another one instead. What it leaves is cleared by the other
 * workers, or by breakStale(), or by forceBreak(): its own records and nobody else's, shown before it
 * died or after that. Where there are two views this is done after most kills, because who has died in
 * one view is unknown in the other.
 */
function kill_one(): void
{
    global $workers, $views, $protocol;
    $victim = array_rand($workers);
    [$label, $view] = $workers[$victim];
    $action = $protocol === 'mkdir' ? 'leave' : [
        'break stale', 'break whom it saw alive', 'break whom it sees', 'leave', 'break whom it sees', 'break whom it sees',
    ][random_int(0, count($views) > 1 ? 5 : 3)];
    $lock = new_lock($views[array_rand($views)]);
    $seen = [];
    watched(function () use ($action, $lock, $label, &$seen) {
        $seen = $action === 'break whom it saw alive' ? holders_of($lock, $label) : [];
    });
    posix_kill($victim, SIGKILL);
    pcntl_waitpid($victim, $status);
    watched(function () use ($action, $lock, $label, $seen) {
        if ($action === 'break stale') {
            $lock->breakStale();
        } elseif ($action === 'break whom it sees') {
            $seen = holders_of($lock, $label);
        }
        if ($seen !== []) {
            $lock->forceBreak(...$seen);
        }
    });
    unset($workers[$victim]);
    start_worker($view);
}

/** Stops one for a moment, wherever it is: so somebody else has the time to come in between. */
function pause_one(): void
{
    global $workers;
    $pid = array_rand($workers);
    posix_kill($pid, SIGSTOP);
    usleep(random_int(1000, 8000));
    posix_kill($pid, SIGCONT);
}

/**
 * An overlay does not see what becomes of the folders behind it, and refuses to rename where it was wrong
 * (ESTALE) until it forgets what it knows. A remount makes it forget.
 */
function remount(): void
{
    global $libc, $views;
    if (count($views) > 1) {
        $libc->mount(null, $views[1], null, 32 /* MS_REMOUNT */, null);
    }
}

/** Some are killed, the others end by themselves. Returns how many did not. */
function stop_all(): int
{
    global $workers;
    foreach (array_rand($workers, intdiv(count($workers), 2)) as $pid) {
        posix_kill($pid, SIGKILL);
    }
    $end = hrtime(true) + (int) ((HANGS + 2) * 1e9);
    while ($workers !== [] && hrtime(true) < $end) {
        foreach (array_keys($workers) as $pid) {
            if (pcntl_waitpid($pid, $status, WNOHANG) === $pid) {
                unset($workers[$pid]);
            }
        }
        usleep(1000);
    }
    foreach (array_keys($workers) as $pid) {
        posix_kill($pid, SIGKILL);
        pcntl_waitpid($pid, $status);
    }
    return count($workers);
}

/** Somebody who comes when all the others are gone. */
function next_one_acquires(string $view): bool
{
    try {
        $lock = new_lock($view);
        return $lock->acquire();
    } catch (Throwable $e) {
        complain('the next one', $e);
        return false;
    } finally {
        $lock->release();
    }
}

function check(string $promise, bool $kept): void
{
    global $passed, $failed;
    $kept ? $passed++ : $failed++;
    echo $kept ? 'ok' : 'NOT OK', " $promise\n";
}

$start = hrtime(true);
foreach ($views as $i => $view) {
    touch("$scratch/journal-$i");
}
for ($i = 0; $i < WORKERS; $i++) {
    start_worker($i % count($views));
}
$kills = 0;
while (hrtime(true) < $deadline) {
    for ($i = random_int(0, 8); $i > 0; $i--) {
        usleep(random_int(0, 2000));
        pause_one();
    }
    kill_one();
    $kills++;
    remount();
}
$hung = stop_all();
$took = (hrtime(true) - $start) / 1e9;

// --- what is left is in nobody's way, and cleared
$next = count($views) > 1 || next_one_acquires($views[0]);
foreach ($views as $view) {
    remount();
    new_lock($view)->breakStale();
}
if (count($views) > 1) {
    // Each view cleared those who died in it.
    foreach ($views as $view) {
        remount();
        $next = next_one_acquires($view) && $next;
    }
}
$left = array_values(array_diff(scandir($views[0]), ['.', '..']));

// --- what has happened
$each = [];
$count = [];
foreach ($views as $i => $view) {
    $journal = file_get_contents("$scratch/journal-$i");
    foreach ([EXCLUSIVE, SHARED, OVERLAP, RELEASED, LOST, BUSY, REFUSED, FAILED, LATE, UNNAMED] as $event) {
        $each[$i][$event] = substr_count($journal, $event);
        $count[$event] = ($count[$event] ?? 0) + $each[$i][$event];
    }
}
$killed_owners = $count[EXCLUSIVE] + $count[SHARED] + $count[OVERLAP] - $count[RELEASED] - $count[LOST];
printf("%-16s %6d exclusive %6d shared %6d busy %6d refused %5d kills %4d of owners %6.1f s %4d overlaps %2d lost %3d errors %2d left over\n",
    $name, $count[EXCLUSIVE], $count[SHARED], $count[BUSY], $count[REFUSED], $kills, $killed_owners, $took,
    $count[OVERLAP], $count[LOST], $count[FAILED], count($left));
if ($left !== []) {
    echo shell_exec('ls -lR ' . escapeshellarg($views[0]));
}
echo shell_exec('sort ' . escapeshellarg("$scratch/complaints") . ' 2>/dev/null | uniq -c | sort -rn | head -n 20');

$passed = $failed = 0;
check('it was much and often acquired, and its owners were killed', $count[EXCLUSIVE] >= 10 * $seconds && $count[SHARED] >= 3 * $seconds
    && $kills >= 3 * $seconds && $killed_owners > 0);
if ($protocol === 'mkdir') {
    check('two owners of a plain mkdir lock at once are seen', $count[OVERLAP] > 0);
} else {
    check('never two owners', $count[OVERLAP] === 0);
    check('no owner lost it', $count[LOST] === 0);
    check('no error', $count[FAILED] === 0);
    check('owners find themselves among the holders', $count[UNNAMED] === 0);
    check('nobody waits longer than he wanted to', $count[LATE] === 0 && $hung === 0);
    check('those who died are in nobody\'s way', $next);
    check('nothing is left behind', $left === []);
    if (count($views) > 1) {
        check('it was acquired through each view', min(array_map(function (array $of) {
            return $of[EXCLUSIVE] + $of[SHARED];
        }, $each)) >= $seconds);
    }
}
echo "torture $name: $passed passed, $failed failed\n";
exit($failed === 0 ? 0 : 1);
