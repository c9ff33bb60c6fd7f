<?php
/*
 * BorgLock and borg at once, on one repository, killed wherever they are:
 *
 *     php torture.php SCRATCH SECONDS
 *
 * Eight workers of ours acquire, wait and release; borgs create, list, extract and prune. All of them
 * are stopped for a moment or killed at random. Two owners are seen without sitelock, by the detector
 * of tools/torture: who reads or writes has a record lock on a byte elsewhere. For a borg that is the
 * command from which it gets its content (content.php), or who reads what it extracts.
 */

require __DIR__ . '/borg.php';
require __DIR__ . '/../torture/overlap.php';

use Sitelock\BorgLock;
use Sitelock\LostLockException;
use Sitelock\SystemException;

const WORKERS = 8;
const HANGS = 10.0;    // so long after its time no wait may end
const DAMAGED = 74;    // EBADMSG, the code of what a damaged roster throws

// What the journal says, a byte for each event.
const EXCLUSIVE = 'x'; // is the owner now
const SHARED = 's';    // is one of the readers now
const OVERLAP = 'O';   // and so is somebody else who must not be
const RELEASED = '.';
const LOST = 'L';      // … which was no longer the owner's
const BUSY = 'b';
const FAILED = 'E';
const SPOILED = 'T';   // a borg's kill has emptied the roster, and nobody has cleared that yet
const LATE = 'H';

[, $scratch, $seconds] = $argv;
$repository = "$scratch/tortured";
$deadline = hrtime(true) + (int) ($seconds * 1e9);
$libc = FFI::cdef('int prctl(int option, unsigned long argument, ...);');

/** Each byte is written at once, so it survives SIGKILL. */
function note(string $file, string $event): void
{
    global $scratch;
    file_put_contents("$scratch/$file", $event, FILE_APPEND);
}

function complain(string $who, string $what): void
{
    note('complaints', "$who: " . strtok($what, "\n") . "\n");
}

/** Two owners: who they are, and what the lock says of them. Asked at once, for marks go away. */
function witness(string $who): void
{
    global $scratch, $repository;
    $now = hrtime(true);
    preg_match_all('~^\d+: POSIX .*? (READ|WRITE) +(\d+) \S+:' . fileinode("$scratch/overlap") . ' ~m', (string) file_get_contents('/proc/locks'), $marks, PREG_SET_ORDER);
    $lock = implode(', ', exclusive_records($repository)) . '; ' . roster($repository);
    complain('overlap', "$who " . getmypid() . " at $now beside " . implode(', ', array_map(function ($mark) {
        return "$mark[1] $mark[2] (" . str_replace("\0", ' ', substr((string) @file_get_contents("/proc/$mark[2]/cmdline"), 0, 60)) . ')';
    }, $marks)) . "; $lock");
}

/** When a borg was known to be at work, and when no more. */
function mark(string $what, int $borg): void
{
    note('marks', hrtime(true) . " $what, borg $borg, " . getmypid() . "\n");
}

/** While a roster that a borg has spoiled is cleared nobody may start. */
function is_paused(): bool
{
    global $scratch;
    clearstatcache();
    return is_file("$scratch/paused");
}

/** Without the right to outlive whoever started it. */
function start(callable $work): int
{
    global $libc;
    $parent = getmypid();
    $pid = pcntl_fork();
    if ($pid === 0) {
        $libc->prctl(1 /* PR_SET_PDEATHSIG */, SIGKILL);
        if (posix_getppid() === $parent) {
            $work();
        }
        // No shutdown functions: the scratch is the parent's.
        posix_kill(getmypid(), SIGKILL);
    }
    return $pid;
}

// --- ours

/** No lock at all, to see that the detector sees. */
final class NoLock
{
    public function acquire(): bool
    {
        return true;
    }

    public function acquireShared(): bool
    {
        return true;
    }

    public function release(): void
    {
    }
}

function acquire_and_release($lock, Overlap $overlap): void
{
    $shared = random_int(0, 2) === 0;
    $timeout = [0.0, 0.0, 0.02, 0.2, 2.0][random_int(0, 4)];
    $start = hrtime(true);
    $acquired = $shared ? $lock->acquireShared($timeout) : $lock->acquire($timeout);
    if (hrtime(true) - $start > ($timeout + HANGS) * 1e9) {
        note('ours', LATE);
    }
    if (!$acquired) {
        note('ours', BUSY);
        usleep(random_int(0, 20000));
        return;
    }
    $alone = $overlap->enter($shared);
    if (!$alone && !$lock instanceof NoLock) {
        witness($shared ? 'reader' : 'writer');
    }
    note('ours', $alone ? ($shared ? SHARED : EXCLUSIVE) : OVERLAP);
    usleep(random_int(0, 8000));
    $overlap->leave();
    $lock->release();
    note('ours', RELEASED);
    // Room for borgs, which ask five times a second.
    usleep(random_int(0, 250000));
}

function work(string $protocol, int $deadline): void
{
    global $scratch, $repository;
    $overlap = new Overlap("$scratch/overlap"); // before any lock: see there
    $lock = $protocol === 'none' ? new NoLock : new BorgLock($repository);
    while (hrtime(true) < $deadline && !is_paused()) {
        try {
            acquire_and_release($lock, $overlap);
        } catch (Throwable $e) {
            $overlap->leave();
            if ($e instanceof SystemException && $e->getCode() === DAMAGED) {
                note('ours', SPOILED);
            } else {
                complain('worker', get_class($e) . ': ' . $e->getMessage());
                note('ours', $e instanceof LostLockException ? LOST : FAILED);
            }
            usleep(random_int(0, 20000));
        }
    }
}

// --- borgs, each started by a driver, which is never killed

/** Waits until the command that made the content of a borg that was killed has gone, and its mark with it. */
function wait_for_content(int $borg): void
{
    global $scratch;
    wait_until(function () use ($borg) { return preg_match('/^\d+ \(.*\) [ZX] /s', (string) @file_get_contents("/proc/$borg/stat")) === 1; });
    $content = (int) @file_get_contents("$scratch/content-$borg");
    if ($content > 0) {
        wait_until_dead($content);
    }
    @unlink("$scratch/content-$borg");
}

/**
 * A borg was killed, and is not yet waited for, so everybody takes it for alive. If it has lock.exclusive and
 * the roster is damaged, that was its doing: it truncates the roster before it writes it.
 */
function has_spoiled(Borg $borg): bool
{
    global $repository;
    return is_file("$repository/lock.exclusive/" . record_name($borg->pid(), 0, borgs_host_id()))
        && is_file("$repository/lock.roster") && json_decode((string) roster($repository)) === null;
}

/** Runs one, kills it perhaps, and says what became of it. */
function run_borg(array $arguments, Overlap $overlap): void
{
    $reads = $arguments[0] === 'extract';
    $borg = new Borg(array_merge(['--lock-wait', (string) random_int(1, 20)], $arguments), ['out' => $reads, 'home' => getenv('BORG_BASE_DIR') . '-' . getmypid()]);
    $kill_at = random_int(0, 1) === 0 ? hrtime(true) + random_int(100, 2000) * 1000000 : PHP_INT_MAX;
    $in = false;
    if ($reads) {
        stream_set_blocking($borg->pipes[1], false);
    }
    while ($borg->has_ended() === null) {
        if (hrtime(true) > $kill_at) {
            mark('is killed', $borg->pid());
            $borg->kill();
            wait_for_content($borg->pid());
            $in && $overlap->leave();
            note('borgs', 'k');
            if (has_spoiled($borg)) {
                note('borgs', 'T');
                touch($GLOBALS['scratch'] . '/paused');
            }
            mark('is gone', $borg->pid());
            $borg->wait();
            return;
        }
        // For others to come in, if they can. Not one whose pipe is full: when it is continued it drops what the
        // pipe did not take, and ends as if all were well.
        if (!$reads && random_int(0, 30) === 0) {
            posix_kill($borg->pid(), SIGSTOP);
            usleep(random_int(1000, 8000));
            posix_kill($borg->pid(), SIGCONT);
        }
        if ($reads && is_resource($borg->pipes[1])) {
            $got = (string) fread($borg->pipes[1], $in ? 1 << 20 : 1);
            if ($got !== '' && !$in) {
                // It has more to say, and cannot before somebody reads it: it is a reader now.
                mark('reads', $borg->pid());
                $in = $overlap->enter(true);
                $in || witness('borg ' . $borg->pid() . ' reads, driver');
                note('borgs', $in ? 's' : 'O');
                usleep(random_int(0, 30000));
                $overlap->leave();
                mark('reads on', $borg->pid());
                $in = true;
            }
        }
        usleep(2000);
    }
    @unlink($GLOBALS['scratch'] . '/content-' . $borg->pid());
    $outcome = $borg->outcome();
    note('borgs', $outcome === 'done' ? '.' : ($outcome === 'time-out' ? 'b' : 'E'));
    if ($outcome !== 'done' && $outcome !== 'time-out') {
        complain("borg $arguments[0]", $outcome . ' ' . str_replace("\n", ' | ', substr($borg->said(), -1500)));
    }
}

function drive(callable $next, int $deadline): void
{
    global $scratch;
    mkdir(getenv('BORG_BASE_DIR') . '-' . getmypid());
    $overlap = new Overlap("$scratch/overlap");
    while (hrtime(true) < $deadline) {
        if (is_paused()) {
            touch("$scratch/idle-" . getmypid());
            usleep(5000);
            continue;
        }
        @unlink("$scratch/idle-" . getmypid());
        try {
            run_borg($next(), $overlap);
        } catch (Throwable $e) {
            complain('driver', get_class($e) . ': ' . $e->getMessage());
            note('borgs', 'E');
        }
    }
}

function content_command(): array
{
    global $scratch;
    $extensions = [];
    foreach (['posix', 'ffi'] as $name) {
        array_push($extensions, '-d', 'extension=' . PHP_EXTENSION_DIR . "/$name.so");
    }
    return array_merge([PHP_BINARY, '-n'], $extensions, ['-d', 'ffi.enable=1', __DIR__ . '/content.php', $scratch, (string) getmypid()]);
}

// --- the supervisor

/** @var array<int, true> $workers */
$workers = [];
$samples = $rewritten = $torn_by_us = $spoiled = 0;

function start_workers(string $protocol, int $deadline): void
{
    global $workers;
    while (count($workers) < WORKERS) {
        $workers[start(function () use ($protocol, $deadline) { work($protocol, $deadline); })] = true;
    }
}

function kill_worker(int $pid): void
{
    global $workers;
    posix_kill($pid, SIGKILL);
    pcntl_waitpid($pid, $status);
    unset($workers[$pid]);
}

/** The roster is JSON at each moment, unless a borg is just writing it: only who has lock.exclusive does. */
function sample(): void
{
    global $repository, $workers, $samples, $rewritten, $torn_by_us;
    $before = exclusive_records($repository);
    $roster = roster($repository);
    $after = exclusive_records($repository);
    $samples++;
    if ($roster === null || json_decode($roster) !== null) {
        return;
    }
    $ours = array_filter($after, function ($name) use ($workers) { return preg_match('/\.(\d+)-0$/', $name, $match) && isset($workers[(int) $match[1]]); });
    if ($before === $after && count($ours) === 1 && !is_paused()) {
        $torn_by_us++;
        complain('roster', json_encode($roster) . ' while it is ' . implode(', ', $after));
    } else {
        $rewritten++;
    }
}

/** As an operator: ends everything, then breaks the lock. */
function clear_spoiled(array $drivers): void
{
    global $scratch, $repository, $workers, $spoiled;
    foreach (array_keys($workers) as $pid) {
        kill_worker($pid);
    }
    wait_until(function () use ($scratch, $drivers) {
        return array_filter($drivers, function ($pid) use ($scratch) { return !is_file("$scratch/idle-$pid"); }) === [];
    });
    borg('break-lock', $repository);
    $spoiled++;
    unlink("$scratch/paused");
}

/** Some are killed, the others end by themselves. Returns how many did not. */
function stop_all(array $drivers): int
{
    global $workers;
    foreach (array_rand($workers, intdiv(WORKERS, 2)) as $pid) {
        kill_worker($pid);
    }
    $left = array_merge(array_keys($workers), $drivers);
    $end = hrtime(true) + 60 * 1000000000;
    while ($left !== [] && hrtime(true) < $end) {
        $left = array_filter($left, function ($pid) { return pcntl_waitpid($pid, $status, WNOHANG) !== $pid; });
        sample();
        usleep(1000);
    }
    foreach ($left as $pid) {
        posix_kill($pid, SIGKILL);
        pcntl_waitpid($pid, $status);
    }
    $workers = [];
    return count($left);
}

/** The same with or without locks of ours. Returns how often a worker was killed. */
function torture(string $protocol, float $seconds): array
{
    global $scratch, $repository, $workers, $deadline;
    $deadline = hrtime(true) + (int) ($seconds * 1e9);
    foreach (['ours', 'borgs'] as $journal) {
        file_put_contents("$scratch/$journal", '');
    }
    $name = function () { return 'a' . bin2hex(random_bytes(6)); };
    $create = function () use ($repository, $name) { return array_merge(['create', '--content-from-command', "$repository::" . $name(), '--'], content_command()); };
    $drivers = [];
    foreach ([
        $create,
        $create,
        function () use ($repository) {
            $all = [['list', $repository], ['prune', '--keep-last', '3', '--glob-archives', 'a*', $repository], ['compact', $repository], ['info', $repository]];
            return $all[random_int(0, 3)];
        },
        function () use ($repository) { return ['extract', '--stdout', "$repository::base"]; },
    ] as $next) {
        $drivers[] = start(function () use ($next) { drive($next, $GLOBALS['deadline']); });
    }
    start_workers($protocol, $deadline);
    $kills = 0;
    while (hrtime(true) < $deadline) {
        for ($i = random_int(2, 30); $i > 0; $i--) {
            sample();
            usleep(random_int(0, 3000));
        }
        $pid = array_rand($workers);
        if (random_int(0, 2) === 0) {
            posix_kill($pid, SIGSTOP);
            usleep(random_int(1000, 8000));
            posix_kill($pid, SIGCONT);
        } else {
            kill_worker($pid);
            $kills++;
        }
        foreach (array_keys($workers) as $pid) { // those who saw that there is a pause
            if (pcntl_waitpid($pid, $status, WNOHANG) === $pid) {
                unset($workers[$pid]);
            }
        }
        if (is_paused()) {
            clear_spoiled($drivers);
        }
        start_workers($protocol, $deadline);
    }
    $hung = stop_all($drivers);
    if (is_paused()) {
        clear_spoiled([]);
    }
    return [$kills, $hung];
}

function events(string $journal, string $event): int
{
    global $scratch;
    return substr_count(file_get_contents("$scratch/$journal"), $event);
}

mkdir("$scratch/input");
file_put_contents("$scratch/input/data", random_bytes(1 << 20));
borg('init', '-e', 'none', $repository);
borg('create', "$repository::base", "$scratch/input");

$start = hrtime(true);
[$kills, $hung] = torture('sitelock', (float) $seconds);
$took = (hrtime(true) - $start) / 1e9;

// What is left is in nobody's way, and cleared.
$next = Borg::run('list', $repository) === 'done' && Borg::run('create', "$repository::last", "$scratch/input") === 'done';
$lock = new BorgLock($repository);
$next = $next && what_can_be_had($lock) === 'exclusive, shared';
$lock->breakStale();
// A borg that is killed before it has put its record in leaves an empty directory: it may be one that lives.
$empty = array_filter(lock_files($repository), function ($name) use ($repository) { return preg_match('/^lock\.exclusive\.[a-z0-9_]{8}\.tmp$/', $name) === 1 && entries("$repository/$name") === []; });
$left = array_diff(lock_files($repository), $empty);
array_map(function ($name) use ($repository) { rmdir("$repository/$name"); }, $empty);

$count = [];
foreach ([EXCLUSIVE, SHARED, OVERLAP, RELEASED, LOST, BUSY, FAILED, SPOILED, LATE] as $event) {
    $count[$event] = events('ours', $event);
}
$borgs = [];
foreach (['x', 's', 'O', '.', 'b', 'k', 'E', 'T'] as $event) {
    $borgs[$event] = events('borgs', $event);
}
$killed_owners = $count[EXCLUSIVE] + $count[SHARED] + $count[OVERLAP] - $count[RELEASED] - $count[LOST] - $count[FAILED];
printf("torture  ours: %d exclusive %d shared %d busy %d kills %d of owners | borg: %d done %d busy %d kills, marked %d writing %d reading | %.1f s %d overlaps %d lost %d errors | roster: %d samples %d being written %d torn by us %d spoiled by a borg's kill | %d empty directories of borg's %d left over\n",
    $count[EXCLUSIVE], $count[SHARED], $count[BUSY], $kills, $killed_owners, $borgs['.'], $borgs['b'], $borgs['k'], $borgs['x'], $borgs['s'],
    $took, $count[OVERLAP] + $borgs['O'], $count[LOST], $count[FAILED] + $borgs['E'], $samples, $rewritten, $torn_by_us, $spoiled, count($empty), count($left));
if ($left !== []) {
    echo shell_exec('ls -lR ' . escapeshellarg($repository) . '/lock*; cat ' . escapeshellarg($repository) . '/lock.roster');
}
echo shell_exec('sort ' . escapeshellarg("$scratch/complaints") . ' 2>/dev/null | uniq -c | sort -rn | head -n 20');

check('both had it much and often, and were killed', $count[EXCLUSIVE] >= 3 * $seconds && $count[SHARED] >= $seconds && $kills >= 2 * $seconds && $killed_owners > 0
    && $borgs['.'] >= 0.1 * $seconds && $borgs['x'] > 0 && $borgs['s'] > 0 && $borgs['k'] >= 0.1 * $seconds);
check('never two writers, never a reader beside a writer', $count[OVERLAP] + $borgs['O'] === 0);
check('no owner lost it', $count[LOST] === 0);
check('no error of ours', $count[FAILED] === 0 && ($count[SPOILED] === 0 || $spoiled > 0));
check('no error of borg\'s', $borgs['E'] === 0);
check('nobody waits longer than he wanted to', $count[LATE] === 0 && $hung === 0);
check('the roster is whole whenever we write it', $torn_by_us === 0 && $samples > 10 * $seconds);
check('those who died are in nobody\'s way', $next);
check('nothing of the lock is left', $left === []);
check('borg check: the repository is in order', Borg::run('check', $repository) === 'done');

torture('none', min(4.0, (float) $seconds));
check('control: without locks of ours overlaps are seen', events('ours', OVERLAP) + events('borgs', 'O') > 0);
