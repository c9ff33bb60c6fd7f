<?php
/*
 * A part of tools/test-faults-directory:
 *
 *     LD_PRELOAD=answer_lost.so php directory.php SCRATCH NUMBERS VIEW BEHIND SLICE SLICES SCENE...
 *
 * For each scene it records the system calls that a worker makes (strace), and then plays the scene
 * again for each call and each fault. This process is the third one, who looks at what came of it, and
 * the one who comes after them; it holds nothing when it forks.
 *
 * NUMBERS: the numbers of system calls, "name number" in each line. VIEW: an empty folder for the lock;
 * BEHIND: the same folder, not through FUSE. Of all the cases it plays one of SLICES parts, the one with
 * the number SLICE.
 */

use Sitelock\DirectoryLock;
use Sitelock\LockException;

const FAULTS = ['EINTR' => 4, 'EIO' => 5, 'ENOMEM' => 12, 'EACCES' => 13, 'EMFILE' => 24, 'ENOSPC' => 28];
const LOST_ANSWERS = ['ENOENT' => 2, 'EIO' => 5, 'ETIMEDOUT' => 110, 'ESTALE' => 116];

const LOSABLE = ['renameat', 'mkdirat', 'unlinkat', 'rmdir'];

// Calls that are not ours: of malloc and of the thread library, which ends the process when they fail;
// or that cannot fail, as write(2) on an eventfd; and close(2), which has closed also when it says that
// it failed.
const NO_FAULTS = ['brk', 'mmap', 'munmap', 'mremap', 'mprotect', 'madvise', 'futex', 'rseq', 'set_robust_list', 'exit',
    'exit_group', 'rt_sigreturn', 'rt_sigprocmask', 'rt_sigaction', 'getpid', 'gettid', 'geteuid', 'write', 'close', 'restart_syscall'];

[, $scratch, $numbers, $view, $behind, $slice, $slices] = $argv;
$path = "$view/lock";
$libc = FFI::cdef('
    long syscall(long number, ...);
    int prctl(int option, unsigned long argument, ...);
    void lose_answer(const char *call, int nth, int number);
    int answers_to_lose(void);
');

/** Another process, forked from this one. It runs $life, and can say and hear lines. */
final class Process
{
    private $socket;
    private int $pid;

    public function __construct(callable $life)
    {
        global $libc;
        [$this->socket, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        stream_set_timeout($this->socket, 3600);
        stream_set_timeout($other, 3600);
        $this->pid = pcntl_fork();
        if ($this->pid === 0) {
            $libc->prctl(1 /* PR_SET_PDEATHSIG */, SIGKILL);
            fclose($this->socket);
            $this->socket = $other;
            $life($this);
            exit(0);
        }
        fclose($other);
    }

    public function pid(): int
    {
        return $this->pid;
    }

    public function say(string $line): void
    {
        @fwrite($this->socket, "$line\n");
    }

    /** null: it has ended. */
    public function hear(): ?string
    {
        $line = fgets($this->socket);
        return $line === false ? null : rtrim($line, "\n");
    }

    /** Does it say something, or end, in so many milliseconds? */
    public function speaks_within(int $milliseconds): bool
    {
        $read = [$this->socket];
        $none = null;
        return stream_select($read, $none, $none, intdiv($milliseconds, 1000), $milliseconds % 1000 * 1000) > 0;
    }

    /** Or until a thread waits for it. */
    public function speaks_before_it_waits(int $milliseconds): bool
    {
        $end = hrtime(true) + 1000000 * $milliseconds;
        while (hrtime(true) < $end && count(scandir("/proc/$this->pid/task")) === 3) {
            if ($this->speaks_within(1)) {
                return true;
            }
        }
        return $this->speaks_within(2);
    }

    public function ask(string $line): ?string
    {
        $this->say($line);
        return $this->hear();
    }

    public function kill(): void
    {
        posix_kill($this->pid, SIGKILL);
        $this->wait();
    }

    public function wait(): void
    {
        fclose($this->socket);
        pcntl_waitpid($this->pid, $status);
    }
}

function attempt(callable $call): string
{
    try {
        return $call() === false ? 'false' : 'done';
    } catch (LockException $e) {
        return substr(get_class($e), 9, -9) . ($e->getCode() ? ' ' . $e->getCode() : '');
    } catch (Throwable $e) {
        return get_class($e) . ' ' . $e->getMessage();
    }
}

// --- what is there before

/** The name that a record of this machine has there, but for its last part. */
function record_name(string $mode): string
{
    global $path;
    static $names = [];
    if (!isset($names[$mode])) {
        $lock = new DirectoryLock($path);
        $mode === 's' ? $lock->acquireShared() : $lock->acquire();
        $names[$mode] = preg_replace('/\.[0-9a-f]+$/', '', array_values(array_diff(scandir($path), ['.', '..']))[0]);
        $lock->release();
    }
    return $names[$mode];
}

/** The record of somebody who died, in the lock or in what he had only prepared for it. */
function dead_owner(string $mode, string $directory): void
{
    @mkdir($directory, 0700);
    touch("$directory/" . record_name($mode) . '.' . bin2hex(random_bytes(16)));
}

/** A live owner, who does what he is told to. */
function start_holder(): Process
{
    return new Process(function (Process $parent) {
        global $path;
        $lock = new DirectoryLock($path, 'the holder');
        while (($method = $parent->hear()) !== null) {
            $parent->say(attempt([$lock, $method]));
        }
    });
}

// --- the scenes

/*
 * holder: how somebody else has it, and what becomes of him: he "stays", "releases" or is "killed" when the worker
 * waits, or "dies" before that. before: what dead ones have left in the lock (L) and beside it (T),
 * exclusive or shared; a lone T is empty. setup: what the worker did before. call: what it does, says:
 * what comes of that usually, held: and how it has the lock then.
 */
$scenes = [
    'acquire, the first in its process' => [
        'cold' => true, 'call' => ['acquire'], 'says' => 'done', 'held' => 'x',
    ],
    'acquire' => [
        'call' => ['acquire'], 'says' => 'done', 'held' => 'x',
    ],
    'acquire, after dead owners' => [
        'before' => ['L x', 'L s', 'T x', 'T'], 'call' => ['acquire'], 'says' => 'done', 'held' => 'x',
    ],
    'acquire, busy' => [
        'holder' => ['acquire', 'stays'], 'before' => ['T x'], 'call' => ['acquire'], 'says' => 'false',
    ],
    'acquireShared' => [
        'call' => ['acquireShared'], 'says' => 'done', 'held' => 's',
    ],
    'acquireShared, beside another one' => [
        'holder' => ['acquireShared', 'stays'], 'before' => ['L x', 'L s', 'T s'], 'call' => ['acquireShared'], 'says' => 'done', 'held' => 's',
    ],
    'acquireShared, busy' => [
        'holder' => ['acquire', 'stays'], 'call' => ['acquireShared'], 'says' => 'false',
    ],
    'wait, until it is released' => [
        'holder' => ['acquire', 'releases'], 'call' => ['acquire', 30.0], 'says' => 'done', 'held' => 'x',
    ],
    'wait, until its owner is killed' => [
        'holder' => ['acquire', 'killed'], 'call' => ['acquire', 30.0], 'says' => 'done', 'held' => 'x',
    ],
    'wait shared, until it is released' => [
        'holder' => ['acquire', 'releases'], 'call' => ['acquireShared', 30.0], 'says' => 'done', 'held' => 's',
    ],
    'wait in vain' => [
        'holder' => ['acquireShared', 'stays'], 'call' => ['acquire', 0.02], 'says' => 'false',
    ],
    'release' => [
        'setup' => 'acquire', 'call' => ['release'], 'says' => 'done',
    ],
    'release shared, beside another one' => [
        'holder' => ['acquireShared', 'stays'], 'setup' => 'acquireShared', 'call' => ['release'], 'says' => 'done',
    ],
    'breakStale' => [
        'before' => ['L x', 'L s', 'T x', 'T'], 'call' => ['breakStale'], 'says' => 'done',
    ],
    'breakStale, beside a live owner' => [
        'holder' => ['acquire', 'stays'], 'before' => ['T x'], 'call' => ['breakStale'], 'says' => 'false',
    ],
    'forceBreak' => [
        'holder' => ['acquire', 'dies'], 'setup' => 'see', 'call' => ['forceBreak'], 'says' => 'done',
    ],
];

function worker(array $scene): Process
{
    return new Process(function (Process $parent) use ($scene) {
        global $path, $view, $libc, $numbers;
        if (empty($scene['cold'])) {
            // What is asked only once in a process.
            $first = new DirectoryLock("$view/first", 'faults');
            $first->acquire();
            $first->release();
            unset($first);
        }
        $lock = new DirectoryLock($path, 'faults');
        $arguments = array_slice($scene['call'], 1);
        if (($scene['setup'] ?? '') === 'see') {
            $arguments = $lock->getHolders();
        } elseif (isset($scene['setup'])) {
            $lock->{$scene['setup']}();
        }
        $parent->say('ready');
        [, $how, $call, $nth, $error] = explode(' ', $parent->hear());
        if ($how === 'spend') {
            // The main thread makes the first calls of that name, in vain: the fault is for the other thread.
            preg_match("/^$call (\d+)$/m", file_get_contents($numbers), $match);
            for ($i = 0; $i < $nth; $i++) {
                $libc->syscall((int) $match[1], -1, -1, -1, -1, -1, -1);
            }
        } elseif ($how === 'lose') {
            $libc->lose_answer($call, (int) $nth, (int) $error);
        }
        $outcome = attempt(function () use ($lock, $scene, $arguments) {
            return $lock->{$scene['call'][0]}(...$arguments);
        });
        $parent->say("outcome $outcome" . ($how === 'lose' && $libc->answers_to_lose() > 0 ? ', nothing was lost' : ''));
        $parent->say($lock->isAcquired() ? 'held' : 'not held');
        $parent->hear();
    });
}

/**
 * Plays a scene. $injection is strace's, '' for none, null: without strace. Returns what the worker said,
 * what is wrong, and its pid.
 */
function play(array $scene, ?string $injection, string $go, int $patience, array $expected): array
{
    global $path, $scratch, $slice, $behind;
    static $holder = null;

    $wrong = [];
    $lock = new DirectoryLock($path);
    [$how, $fate] = $scene['holder'] ?? [null, null];
    if ($how !== null) {
        $holder = $holder ?? start_holder();
        ($said = $holder->ask($how)) === 'done' || $wrong[] = "the holder acquires: $said";
    }
    foreach ($scene['before'] ?? [] as $dead) {
        $directory = $dead[0] === 'L' ? $path : "$path." . bin2hex(random_bytes(16)) . '.tmp';
        strlen($dead) > 1 ? dead_owner($dead[2], $directory) : mkdir($directory, 0700);
    }
    $worker = worker($scene);
    $worker->hear();
    if ($fate === 'dies') {
        $holder->kill();
        $holder = null;
    }
    $trace = "$scratch/trace-$slice";
    @unlink($trace);
    $strace = null;
    if ($injection !== null) {
        $command = ['strace', '-f', '-s', '16', '-o', $trace, '-p', (string) $worker->pid()];
        $injection === '' || array_push($command, '-e', "inject=$injection");
        $strace = proc_open($command, [1 => ['file', '/dev/null', 'w'], 2 => ['pipe', 'w']], $pipes);
        strpos($line = (string) fgets($pipes[2]), 'attached') || $wrong[] = "strace: $line";
    }
    $worker->say($go);

    // --- meanwhile
    $holds = $how !== null && $fate !== 'dies';
    if ($fate === 'releases' || $fate === 'killed') {
        if ($worker->speaks_before_it_waits($patience)) {
            $holds = true; // it did not wait for it
        } else {
            if ($fate === 'killed') {
                $holder->kill();
                $holder = null;
            } else {
                $holder->ask('release');
            }
            $holds = false;
        }
    }
    if ($worker->speaks_within(5000)) {
        $outcome = $worker->hear() ?? 'killed';
        $outcome = preg_replace('/^outcome /', '', $outcome);
        $state = $outcome === 'killed' ? 'not held' : $worker->hear();
    } else {
        $outcome = 'it hangs';
        $state = 'not held';
        posix_kill($worker->pid(), SIGKILL);
    }

    // --- never two owners
    $mode = $state === 'held' ? ($scene['held'] ?? 'x') : '-';
    if ($holds && ($mode === 'x' || $mode === 's' && $how === 'acquire')) {
        $wrong[] = 'TWO OWNERS: the worker has it beside the holder';
    }
    $try = function (string $method) use ($lock): string {
        $said = attempt([$lock, $method]);
        $lock->release();
        return $said;
    };
    if ($mode !== '-') {
        $try('acquire') === 'done' && $wrong[] = 'TWO OWNERS: a third one has it beside the worker';
        $mode === 'x' && $try('acquireShared') === 'done' && $wrong[] = 'TWO OWNERS: a third one has it shared beside the worker';
    }
    if ($holds) {
        $try('acquire') === 'done' && $wrong[] = 'TWO OWNERS: a third one has it beside the holder';
        ($said = $holder->ask('release')) === 'done' || $wrong[] = "the holder releases: $said";
    }
    // --- and somebody comes after them
    if ($mode === '-') {
        ($said = $try('acquire')) === 'done' || $wrong[] = "the next one: $said";
    }
    $worker->say('end');
    $worker->wait();
    ($said = $try('acquire')) === 'done' || $wrong[] = "the next one, when it has ended: $said";
    $strace === null || proc_close($strace);
    $said = attempt([$lock, 'breakStale']);
    in_array($said, ['done', 'false'], true) || $wrong[] = "breakStale: $said";
    $left = array_diff(scandir($behind), ['.', '..']);
    if ($left !== []) {
        $wrong[] = 'left behind: ' . implode(' ', $left) . ' with ' . implode(' ', array_merge(...array_map(function ($name) use ($behind) {
            return array_diff(scandir("$behind/$name"), ['.', '..']);
        }, array_values($left))));
        shell_exec('rm -rf ' . escapeshellarg($behind) . '/*');
    }

    // --- the outcome itself
    $said = "$outcome, $state";
    if (!in_array($said, $expected, true)) {
        $wrong[] = "it says: $said";
    }
    if ($wrong !== [] && $holder !== null) {
        $holder->kill();
        $holder = null;
    }
    return [$said, $wrong, $worker->pid()];
}

function usual(array $scene): string
{
    return $scene['says'] . ', ' . (isset($scene['held']) ? 'held' : 'not held');
}

// --- what is injected

/** One call of a worker, as strace saw it. */
final class Call
{
    public string $name;
    public bool $of_main;    // and not of the thread that waits for it
    public int $nth;         // of that name in its thread
    public int $nth_inside;  // and since the scene began
    public int $nth_success; // and of those that succeeded
    public bool $success;
    public string $what;     // with its arguments, but for those that differ from time to time
    public bool $inside;     // after that, and before the outcome is told
    public bool $last;       // tells the outcome
    public bool $injected;
}

/** @return Call[] */
function calls(string $trace, int $main): array
{
    $calls = [];
    $seen = $seen_inside = $succeeded = [];
    $inside = false;
    foreach (@file($trace) ?: [] as $line) {
        if (preg_match('/^(\d+) +([a-z0-9_]+)\(/', $line, $match)) {
            [, $thread, $name] = $match;
            $call = new Call;
            $call->name = $name;
            $call->of_main = (int) $thread === $main;
            $call->nth = $seen[$thread][$name] = ($seen[$thread][$name] ?? 0) + 1;
            $call->last = strpos($line, '"outcome ') !== false;
            $inside = $inside && !$call->last;
            $call->inside = $inside;
            $call->nth_inside = $seen_inside[$thread][$name] = ($seen_inside[$thread][$name] ?? 0) + ($inside ? 1 : 0);
            $call->success = preg_match('/ = 0$/', $line) > 0;
            $call->nth_success = $succeeded[$thread][$name] = ($succeeded[$thread][$name] ?? 0) + ($inside && $call->success ? 1 : 0);
            $call->what = $name === 'getrandom' ? $name : preg_replace('/0x[0-9a-f]+|[0-9a-f]{8,}|\d+/', '#', substr($line, strlen($match[1]), strrpos($line, ' = ') ?: null));
            $call->injected = false;
            $calls[] = $call;
            $inside = $inside || $call->of_main && strpos($line, '"go ') !== false;
        }
        if ($calls !== [] && preg_match('/\(INJECTED\)|killed by SIGKILL/', $line)) {
            end($calls)->injected = true;
        }
    }
    return $calls;
}

/** Records what a worker does in this scene: what it does twice, because now and then there is a call more. */
function record(array $scene, string $name): array
{
    global $scratch, $slice;
    $names = [];
    for ($patience = 20; $patience < 500; $patience += 20) {
        $before = $names;
        [, $wrong, $pid] = play($scene, '', 'go - - 0 0', $patience, [usual($scene)]);
        $calls = calls("$scratch/trace-$slice", $pid);
        $names = array_column(array_filter($calls, function (Call $call) { return $call->of_main; }), 'name');
        if ($names === $before) {
            break;
        }
    }
    report("$name, without a fault: " . count($calls) . ' calls', usual($scene), $wrong);
    return $calls;
}

$passed = $failed = 0;
function report(string $name, string $said, array $wrong): void
{
    global $passed, $failed;
    if ($wrong === []) {
        $passed++;
        echo "ok $name: $said\n";
    } else {
        $failed++;
        echo "NOT OK $name: ", implode('; ', $wrong), "\n";
    }
}

/** Is it for this slice? */
function is_ours(string $case): bool
{
    global $slice, $slices;
    return crc32($case) % $slices === (int) $slice;
}

/**
 * The fault has to happen while the scene is played; where there are threads it may need a second time. $way:
 * the calls up to this one. If they have ended another scene, they end this one in the same manner.
 */
function inject(string $name, array $scene, string $way, string $injection, string $go, array $expected): void
{
    global $scratch, $slice;
    static $ended = [];
    $way = strstr($injection, ':when', true) . " $way";
    if (isset($ended[$way]) || !is_ours($way)) {
        return;
    }
    for ($patience = 20, $found = []; $patience < 200 && $found === []; $patience *= 2) {
        [$said, $wrong, $pid] = play($scene, $injection, $go, $patience, $expected);
        $found = array_filter(calls("$scratch/trace-$slice", $pid), function (Call $call) {
            return $call->injected && ($call->inside || $call->last);
        });
        if ($wrong !== [] && $found !== []) {
            break;
        }
    }
    if ($found === []) {
        $wrong[] = 'nothing was injected';
    }
    report($name, $said, $wrong);
    if ($wrong === [] && $said !== usual($scene)) {
        $ended[$way] = true;
    }
}

/**
 * The faults for one call: all of them where the code comes for the first time, one where a scene repeats
 * two calls, as for each entry of a directory.
 */
function faults_for(Call $call, string $place, array &$repeated): array
{
    if ($call->last || in_array($call->name, NO_FAULTS, true)) {
        return [];
    }
    $number = $repeated[$place] = ($repeated[$place] ?? -1) + 1;
    return $number === 0 ? FAULTS : array_slice(FAULTS, $number % count(FAULTS), 1);
}

function play_all(string $name, array $scene): void
{
    $calls = record($scene, $name);
    $of_main = array_count_values(array_map(function (Call $call) { return $call->of_main ? $call->name : ''; }, $calls));
    $judges = $scene['call'][0] === 'breakStale';
    $way = $scene['call'][0];
    $before = ['', ''];
    $repeated = [];
    foreach ($calls as $call) {
        $judges = $judges || $call->name === 'renameat'; // somebody is there
        if (!$call->inside && !$call->last) {
            continue;
        }
        $place = $before[(int) $call->of_main] . $call->what;
        $before[(int) $call->of_main] = $call->what;
        $way = $call->of_main ? md5($way . $call->what) : $way;
        $here = $call->of_main ? $way : "$name, thread, $call->name $call->nth";
        $which = "$name: " . ($call->of_main ? '' : 'thread, ') . ($call->last ? 'afterwards' : "$call->name $call->nth_inside");

        // strace counts for each thread: the one that waits is killed only where the main thread would not be first.
        if ($call->of_main || (($of_main[$call->name] ?? 0) < $call->nth && !in_array($call->name, NO_FAULTS, true))) {
            inject("$which: SIGKILL", $scene, $here, "$call->name:signal=KILL:when=$call->nth", 'go - - 0 0', ['killed, not held']);
        }
        $faults = faults_for($call, $place, $repeated);
        foreach ($faults as $fault => $number) {
            $expected = [usual($scene), "System $number, not held"];
            // Of whom nothing can be told counts as alive.
            if ($judges && ($call->name === 'flock' || $call->name === 'openat' && $fault === 'EACCES')) {
                $expected[] = 'false, not held';
            }
            inject("$which: $fault", $scene, $here, "$call->name:error=$fault:when=$call->nth",
                $call->of_main ? 'go - - 0 0' : "go spend $call->name $call->nth 0", $expected);
        }
        if ($faults !== [] && $call->of_main && $call->success && in_array($call->name, LOSABLE, true)) {
            lose_answers($which, $scene, $call);
        }
    }
}

function lose_answers(string $which, array $scene, Call $call): void
{
    foreach (LOST_ANSWERS as $fault => $number) {
        $expected = [usual($scene)];
        // To have renamed is to have it.
        $call->name === 'renameat' || $expected[] = "System $number, not held";
        $name = "$which: done, but it says $fault";
        if (is_ours($name)) {
            [$said, $wrong] = play($scene, null, "go lose $call->name $call->nth_success $number", 20, $expected);
            report($name, $said, $wrong);
        }
    }
}

// What is asked only once in a process, of the user data base among others, is asked before the forks.
record_name('x');
record_name('s');
foreach (array_slice($argv, 7) ?: array_keys($scenes) as $name) {
    play_all($name, $scenes[$name]);
}
echo "$passed $failed\n";
