<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use RuntimeException;

/** A process that was started, with pipes to it. */
final class Running
{
    private const PATIENCE = 20.0;

    public int $pid;
    /** @var resource */
    private $process;
    /** @var resource[] */
    private array $pipes = [];
    /** @var string[] by number of the pipe, what was read and not yet asked for */
    private array $read = [1 => '', 2 => ''];
    /** @var array<string, mixed>|null how it ended, which PHP before 8.3 tells once */
    private ?array $ended = null;
    private ?Result $result = null;

    /** @param string[] $words */
    public function __construct(array $words, string $folder)
    {
        $this->process = proc_open($words, [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $this->pipes, $folder);
        $this->pid = $this->status()['pid'];
        stream_set_blocking($this->pipes[1], false);
        stream_set_blocking($this->pipes[2], false);
    }

    /** The next line of its output; null: it has ended before that. */
    public function line(int $pipe = 1): ?string
    {
        $end = microtime(true) + self::PATIENCE;
        while (($length = strpos($this->read[$pipe], "\n")) === false) {
            if (!$this->readSome($pipe, $end)) {
                return null;
            }
        }
        $line = substr($this->read[$pipe], 0, $length);
        $this->read[$pipe] = substr($this->read[$pipe], $length + 1);
        return $line;
    }

    public function write(string $text): void
    {
        fwrite($this->pipes[0], $text);
    }

    public function kill(int $signal): void
    {
        posix_kill($this->pid, $signal);
    }

    /** Closes its input and waits for its end. */
    public function wait(): Result
    {
        if ($this->result !== null) {
            return $this->result;
        }
        fclose($this->pipes[0]);
        $end = microtime(true) + self::PATIENCE;
        // What it has left behind may keep the pipes open.
        while (($status = $this->status())['running']) {
            $this->readSome(null, $end);
        }
        $this->readSome(null, $end);
        $this->result = new Result(
            $status['signaled'] ? 128 + $status['termsig'] : $status['exitcode'],
            $status['signaled'] ? $status['termsig'] : 0,
            $this->read[1],
            $this->read[2]
        );
        proc_close($this->process);
        return $this->result;
    }

    /** @return array<string, mixed> as of proc_get_status() */
    private function status(): array
    {
        $status = $this->ended ?? proc_get_status($this->process);
        $this->ended = $status['running'] ? null : $status;
        return $status;
    }

    /** Ends it, however it is. */
    public function dispose(): void
    {
        if ($this->result === null) {
            $this->kill(SIGKILL);
            $this->wait();
        }
    }

    /** False: nothing more comes from this pipe. */
    private function readSome(?int $pipe, float $end): bool
    {
        if (microtime(true) > $end) {
            throw new RuntimeException("it takes too long; it has written: {$this->read[1]}{$this->read[2]}");
        }
        $open = array_filter([1 => $this->pipes[1], 2 => $this->pipes[2]], static function ($stream): bool {
            return !feof($stream);
        });
        $streams = $open;
        $none = null;
        if ($open === [] || stream_select($streams, $none, $none, 0, 5000) === 0) {
            usleep($open === [] ? 1000 : 0);
        }
        foreach ($open as $number => $stream) {
            $this->read[$number] .= stream_get_contents($stream);
        }
        return $pipe === null || isset($open[$pipe]);
    }
}
