<?php

declare(strict_types=1);

namespace Sitelock\Symfony\Tests;

use RuntimeException;

/** A real server, run as an unprivileged user, with its files in a folder of the tests. */
abstract class Server
{
    protected string $folder;
    protected string $host;
    protected int $port;
    /** @var string[] words that start a program where the server is to be */
    private array $before;
    /** @var resource|null */
    private $process = null;
    private int $owner;

    /** @param string[] $before */
    public function __construct(string $host = '127.0.0.1', array $before = [])
    {
        $this->folder = getenv('SCRATCH') . '/server-' . bin2hex(random_bytes(4));
        $this->host = $host;
        $this->before = $before;
        $this->port = self::freePort();
        $this->owner = getmypid();
        mkdir($this->folder, 0755);
        chown($this->folder, $this->user());
        $this->install();
        $this->start();
    }

    public function __destruct()
    {
        if ($this->owner === getmypid()) {
            $this->kill();
        }
    }

    abstract public function address(string $name, string $parameters = ''): string;

    abstract protected function user(): string;

    abstract protected function install(): void;

    /** @return string[] */
    abstract protected function command(): array;

    abstract protected function answers(): bool;

    /** Does nothing if it is there. */
    public function start(): void
    {
        if ($this->process !== null) {
            return;
        }
        $this->process = $this->run($this->command());
        self::wait(function (): bool {
            return $this->answers();
        }, "$this->folder/log");
    }

    /** It, and the processes that it has started. When this returns none is left: the next one would refuse to start. */
    public function kill(int $signal = SIGKILL): void
    {
        if ($this->process === null) {
            return;
        }
        $pid = proc_get_status($this->process)['pid'];
        posix_kill($pid, SIGSTOP);
        self::wait(static function () use ($pid): bool {
            return in_array(self::state($pid), ['T', 'Z', ''], true); // it starts no more
        });
        $family = $this->family($pid);
        foreach ($family as $member) {
            posix_kill($member, $signal);
        }
        posix_kill($pid, SIGCONT);
        proc_close($this->process);
        $this->process = null;
        self::wait(static function () use ($family): bool {
            return array_diff(array_map([self::class, 'state'], $family), ['Z', '']) === [];
        });
    }

    protected function query(string $name, array $words): string
    {
        $process = proc_open($this->words($words), [['file', '/dev/null', 'r'], ['pipe', 'w'], ['file', "$this->folder/$name.log", 'a']], $pipes);
        $answer = stream_get_contents($pipes[1]);
        return proc_close($process) === 0 ? $answer : '';
    }

    private static function wait(callable $is, string $log = '/dev/null'): void
    {
        for ($end = microtime(true) + 30; !$is(); usleep(5000)) {
            if (microtime(true) > $end) {
                throw new RuntimeException(static::class . ' does not do what it should: ' . file_get_contents($log));
            }
        }
    }

    /** R, S, T, Z …; "" when there is no such process. */
    private static function state(int $pid): string
    {
        return preg_match('/\) (\S) /', (string) @file_get_contents("/proc/$pid/stat"), $match) ? $match[1] : '';
    }

    /** @return int[] a process, and those that come from it, the eldest first */
    private function family(int $pid): array
    {
        $family = [$pid];
        foreach (array_filter(explode(' ', trim((string) @file_get_contents("/proc/$pid/task/$pid/children")))) as $child) {
            array_push($family, ...$this->family((int) $child));
        }
        return $family;
    }

    /** @return resource */
    private function run(array $words)
    {
        $log = ['file', "$this->folder/log", 'a'];
        return proc_open($this->words($words), [['file', '/dev/null', 'r'], $log, $log], $pipes, $this->folder);
    }

    private function words(array $words): array
    {
        return [...$this->before, 'setpriv', '--reuid=' . $this->user(), '--regid=' . $this->user(), '--clear-groups', ...$words];
    }

    /** Below those that the kernel gives to whoever connects somewhere: it has to be free after a restart, too. */
    private static function freePort(): int
    {
        do {
            $port = random_int(10000, 30000);
        } while (!@stream_socket_server("tcp://127.0.0.1:$port"));
        return $port;
    }
}
