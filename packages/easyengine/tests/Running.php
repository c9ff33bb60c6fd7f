<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests;

use RuntimeException;

/** A host that was started, with pipes to it. */
final class Running
{
    private const PATIENCE = 20.0;

    public int $pid;
    public int $status = -1;
    /** Output and errors, as far as they were read. */
    public string $output = '';

    private float $end;
    private int $asked = 0;
    /** @var array<string, mixed>|null how it ended, which PHP before 8.3 tells once */
    private ?array $ended = null;
    /** @var resource|null */
    private $process;
    /** @var resource[] */
    private array $pipes = [];

    /** @param array<string, string> $environment */
    public function __construct(string $command, string $folder, array $environment)
    {
        $this->process = proc_open("exec $command 2>&1", [['pipe', 'r'], ['pipe', 'w']], $this->pipes, $folder, $environment + getenv());
        $this->pid = $this->state()['pid'];
        $this->end = microtime(true) + self::PATIENCE;
        stream_set_blocking($this->pipes[1], false);
    }

    /** Waits until it prints this, behind what was waited for before; the first group of the pattern, or all. */
    public function until(string $pattern): string
    {
        while (!preg_match($pattern, substr($this->output, $this->asked), $match, PREG_OFFSET_CAPTURE)) {
            if (!$this->read()) {
                throw new RuntimeException("it has ended without printing $pattern: $this->output");
            }
        }
        $this->asked += $match[0][1] + strlen($match[0][0]);
        return $match[1][0] ?? $match[0][0];
    }

    public function at(string $hook): self
    {
        $this->until('/^at ' . preg_quote($hook, '/') . '$/m');
        return $this;
    }

    public function tell(string $line): self
    {
        fwrite($this->pipes[0], "$line\n");
        return $this;
    }

    public function kill(int $signal = SIGKILL): self
    {
        posix_kill($this->pid, $signal);
        return $this;
    }

    /** Closes its input, and waits for its end. */
    public function wait(): self
    {
        if ($this->process === null) {
            return $this;
        }
        fclose($this->pipes[0]);
        // What it has left behind may keep its output open.
        while (($state = $this->state())['running']) {
            $this->read();
        }
        $this->output .= stream_get_contents($this->pipes[1]);
        $this->status = $state['signaled'] ? 128 + $state['termsig'] : $state['exitcode'];
        proc_close($this->process);
        clearstatcache();
        $this->process = null;
        return $this;
    }

    /** @return array<string, mixed> as of proc_get_status() */
    private function state(): array
    {
        $state = $this->ended ?? proc_get_status($this->process);
        $this->ended = $state['running'] ? null : $state;
        return $state;
    }

    /** False: it will print nothing more. */
    private function read(): bool
    {
        if (microtime(true) > $this->end) {
            throw new RuntimeException("it takes too long: $this->output");
        }
        $read = [$this->pipes[1]];
        $none = null;
        stream_select($read, $none, $none, 0, 20000);
        $this->output .= $new = stream_get_contents($this->pipes[1]);
        if ($new === '' && feof($this->pipes[1])) {
            usleep(1000);
            return false;
        }
        return true;
    }
}
