<?php
/*
 * One file system's part of tools/torture-directory:
 *
 *     php torture.php NAME PROTOCOL SECONDS SCRATCH BACKING VIEW...
 *
 * PROTOCOL is sitelock, or mkdir for the control. The lock is "lock" in the folder VIEW; if there are two,
 * they show the same folder, and half of the workers go through each. BACKING is where to look for
 * what is left behind. SCRATCH is an empty folder elsewhere.
 */

require __DIR__ . '/overlap.php';
require __DIR__ . '/mkdir_lock.php';

use Sitelock\DirectoryLock;
use Sitelock\Holder;
use Sitelock\LostLockException;

const WORKERS = 8;
const HANGS = 10.0; // so long after its time a wait has not ended

// What is written to the journal of a view, a byte for each.
const EXCLUSIVE = 'x';
const SHARED = 's';
const RELEASED = '.';
const BUSY = 'b';
const OVERLAP = 'O';
const LOST = 'L';
const FAILED = 'E';
const LATE = 'H';
const UNNAMED = 'N'; // the owner does not find himself among the holders

[, $name, $protocol, $seconds, $scratch, $backing] = $argv;
$views = array_slice($argv, 6);
$deadline = hrtime(true) + (int) ($seconds * 1e9);

function new_lock(string $view, string $label = '')
{
    global $protocol;
    return $protocol === 'mkdir' ? new MkdirLock("$view/lock", $label) : new DirectoryLock("$view/lock", $label);
}

/** A journal that survives SIGKILL: each byte is written at once. */
function journal(int $view)
{
    global $scratch;
    $file = fopen("$scratch/journal-$view", 'a');
    stream_set_write_buffer($file, 0);
    return $file;
}

function complain(string $what): void
{
    global $scratch;
    file_put_contents("$scratch/complaints", preg_replace('/[0-9a-f]{32}/', '…', $what) . "\n", FILE_APPEND);
}

// --- a worker

/** Is the lock what an owner may expect of it? */
function is_well_held($lock, bool $shared): bool
{
    $selves = array_filter($lock->getHolders(), function (Holder $holder) use ($shared) {
        return $holder->isSelf() && $holder->isShared() === $shared;
    });
    return $lock->isAcquired() && count($selves) === 1;
}

/** One time: try or wait, own it for a moment, release. */
function once($lock, Overlap $overlap, $journal): void
{
    global $protocol;
    $shared = $protocol !== 'mkdir' && random_int(0, 3) === 0;
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
    if ($protocol !== 'mkdir' && random_int(0, 15) === 0 && !is_well_held($lock, $shared)) {
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
            once($lock, $overlap, $journal);
        } catch (Throwable $e) {
            $overlap->leave();
            fwrite($journal, $e instanceof LostLockException ? LOST : FAILED);
            complain(get_class($e) . ': ' . $e->getMessage());
            $lock = new_lock($views[$view], $label);
        }
    }
}

// --- the supervisor

/** @var array<int, array{string, int}> $workers pid => [label, view] */
$workers = [];
$serial = 0;

function start_worker(int $view): void
{
    global $workers, $serial;
    $label = 'worker-' . ++$serial . '.';
    $pid = pcntl_fork();
    if ($pid === 0) {
        FFI::cdef('int prctl(int option, unsigned long argument, ...);')->prctl(1 /* PR_SET_PDEATHSIG */, SIGKILL);
        work($view, $label);
        exit(0);
    }
    $workers[$pid] = [$label, $view];
}

/** Those of the lock that a worker has, or had. */
function holders_of($lock, string $label): array
{
    return array_filter($lock->getHolders(), function (Holder $holder) use ($label) {
        return $holder->getLabel() === $label;
    });
}

/**
 * Kills one, waits for its end, and starts another one instead. What it leaves is cleared by the other
 * workers, by breakStale(), or by forceBreak(): its own records and nobody else's, seen before it died
 * or after that. Where there are two views it is done after most kills, because an owner who died in
 * the other view is unknown in this one.
 */
function kill_one(): void
{
    global $workers, $views;
    $victim = array_rand($workers);
    [$label, $view] = $workers[$victim];
    $action = random_int(0, count($views) > 1 ? 5 : 3);
    try {
        $lock = new_lock($views[array_rand($views)]);
        $seen = $action === 1 ? holders_of($lock, $label) : [];
        posix_kill($victim, SIGKILL);
        pcntl_waitpid($victim, $status);
        if ($action === 0) {
            $lock->breakStale();
        } elseif ($action > 1) {
            $seen = holders_of($lock, $label);
        }
        $action < 1 || $lock->forceBreak(...$seen);
    } catch (Throwable $e) {
        complain('supervisor: ' . get_class($e) . ': ' . $e->getMessage());
    }
    unset($workers[$victim]);
    start_worker($view);
}

/** How many did not end by themselves when the time was over. */
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

$start = hrtime(true);
for ($i = 0; $i < WORKERS; $i++) {
    touch("$scratch/journal-" . $i % count($views));
    start_worker($i % count($views));
}
$kills = 0;
while (hrtime(true) < $deadline) {
    usleep(random_int(1000, 40000));
    kill_one();
    if (getenv("REMOUNT")) exec("mount -o remount ".getenv("REMOUNT"));
    $kills++;
}
$hung = stop_all();
$seconds = (hrtime(true) - $start) / 1e9;

// --- what is left: nothing that breakStale() does not clear
$next = 0;
foreach ($views as $view) {
    $lock = new_lock($view);
    if (count($views) === 1) {
        // The dead are in nobody's way.
        $next += $lock->acquire() ? 0 : 1;
        $lock->release();
    }
    $lock->breakStale();
}
if (count($views) > 1) {
    // Each view has cleared its own dead.
    foreach ($views as $view) {
        try { $lock = new_lock($view);
        $next += $lock->acquire() ? 0 : 1;
        $lock->release();
        } catch (Throwable $e) { complain("END ".$e->getMessage()); }
    }
}
$left = array_values(array_diff(scandir($backing), ['.', '..']));

// --- and what has happened
$count = array_fill_keys([EXCLUSIVE, SHARED, RELEASED, BUSY, OVERLAP, LOST, FAILED, LATE, UNNAMED], 0);
$each = [];
foreach ($views as $i => $view) {
    $journal = file_get_contents("$scratch/journal-$i");
    foreach ($count as $what => $n) {
        $each[$i][$what] = substr_count($journal, $what);
        $count[$what] += $each[$i][$what];
    }
}
$killed_owners = $count[EXCLUSIVE] + $count[SHARED] + $count[OVERLAP] - $count[RELEASED] - $count[LOST];
printf("%-18s %6d exclusive %6d shared %6d busy %5d kills, %4d of owners, %5.1f s, %d overlaps, %d lost, %d errors, %d left over\n",
    "$name:", $count[EXCLUSIVE], $count[SHARED], $count[BUSY], $kills, $killed_owners, $seconds, $count[OVERLAP], $count[LOST],
    $count[FAILED], count($left));
var_dump($each, $next, $hung, $count[LATE], $count[UNNAMED], $left);
echo shell_exec("sort $scratch/complaints 2>/dev/null | uniq -c | sort -rn | head");
