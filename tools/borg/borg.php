<?php
/*
 * What the tests beside the real borg share: a borg process that is told by pipes when to go on, and
 * repositories that borg itself has made.
 */
require __DIR__ . '/../../php_tests/borg/borg.inc';

/** One borg. It ends when its input does, if it reads that; it is killed when this script ends. */
final class Borg
{
    /** @var resource[] what it reads and writes, if it is to: 0 and 1 */
    public $pipes;
    private $process;
    private $pid;
    private $said;
    private static $running = [];

    /** @param array $options 'in', 'out': a pipe there; 'home', 'host_id', 'wrap': a command before it */
    public function __construct(array $arguments, array $options = [])
    {
        static $number = 0;
        $this->said = test_path('borg-' . getmypid() . '-' . ++$number);
        $environment = getenv();
        if (isset($options['home'])) {
            $environment['BORG_BASE_DIR'] = $options['home'];
        }
        if (isset($options['host_id'])) {
            $environment['BORG_HOST_ID'] = $options['host_id'];
        }
        $this->process = proc_open(
            array_merge($options['wrap'] ?? [], ['borg'], $arguments),
            [empty($options['in']) ? ['file', '/dev/null', 'r'] : ['pipe', 'r'], empty($options['out']) ? ['file', $this->said, 'a'] : ['pipe', 'w'], ['file', $this->said, 'a']],
            $this->pipes,
            null,
            $environment
        );
        $this->pid = proc_get_status($this->process)['pid'];
        if (self::$running === []) {
            $owner = getmypid();
            register_shutdown_function(function () use ($owner) {
                foreach (getmypid() === $owner ? self::$running : [] as $pid) {
                    posix_kill($pid, SIGKILL);
                }
            });
        }
        self::$running[$this->pid] = $this->pid;
    }

    public function pid(): int
    {
        return $this->pid;
    }

    /** Its end, if it has come: exit status, or minus the signal. */
    public function has_ended(): ?int
    {
        if (isset(self::$running[$this->pid]) && pcntl_waitpid($this->pid, $status, WNOHANG) === $this->pid) {
            unset(self::$running[$this->pid]);
            array_map('fclose', array_filter($this->pipes, 'is_resource'));
            proc_close($this->process);
            $this->process = pcntl_wifexited($status) ? pcntl_wexitstatus($status) : -pcntl_wtermsig($status);
        }
        return is_int($this->process) ? $this->process : null;
    }

    public function wait(): int
    {
        wait_until(function () { return $this->has_ended() !== null; });
        return $this->process;
    }

    public function end_input(): void
    {
        fclose($this->pipes[0]);
    }

    /** Without waiting for it, so that it stays a process until somebody does. */
    public function kill(): void
    {
        posix_kill($this->pid, SIGKILL);
    }

    public function said(): string
    {
        return (string) @file_get_contents($this->said);
    }

    /** How it ended, in a word. */
    public function outcome(): string
    {
        $status = $this->wait();
        $said = $this->said();
        if ($status === 2 && strpos($said, 'Failed to create/acquire the lock') !== false && strpos($said, '(timeout)') !== false) {
            return 'time-out';
        }
        return strpos($said, 'Traceback') !== false ? "traceback $status" : ($status === 0 ? 'done' : "status $status");
    }

    /** Runs one to its end. */
    public static function run(string ...$arguments): string
    {
        return (new self($arguments))->outcome();
    }
}

/** What a run that must succeed says. */
function borg(string ...$arguments): string
{
    $borg = new Borg($arguments);
    if ($borg->wait() !== 0) {
        throw new Error('borg ' . implode(' ', $arguments) . ': ' . $borg->said());
    }
    return $borg->said();
}

/** A copy of a repository. */
function copy_of(string $repository, string $to): string
{
    exec('cp -a ' . escapeshellarg($repository) . ' ' . escapeshellarg($to), $output, $status);
    if ($status !== 0) {
        throw new Error("cannot copy to $to");
    }
    return $to;
}

/** The Python that runs borg. */
function borgs_python(): string
{
    exec('command -v borg', $path);
    return trim(substr(fgets(fopen($path[0], 'r')), 2));
}

/** How borg calls a process of this host. */
function borgs_host_id(): string
{
    static $id;
    if ($id === null) {
        exec(borgs_python() . ' -c "from borg.platform import get_process_id; print(get_process_id()[0])"', $lines);
        $id = $lines[0];
    }
    return $id;
}
