<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests\Real;

use RuntimeException;

/** A command that was started. Its output goes into a file, which nobody who outlives it can keep open. */
final class Running
{
    private const PATIENCE = 60.0;

    public string $words;
    public int $pid;
    public string $output = '';
    public int $status = -1;
    /** How long it took, in seconds. */
    public float $seconds = 0.0;

    private float $start;
    private string $file;
    /** @var resource|null */
    private $process;

    /** @param array<string, string> $environment */
    public function __construct(string $words, string $folder, array $environment)
    {
        $this->words = $words;
        $this->file = tempnam(getenv('SANDBOX'), 'out');
        $this->start = microtime(true);
        $output = ['file', $this->file, 'a'];
        $this->process = proc_open("exec $words", [['file', '/dev/null', 'r'], $output, $output], $pipes, $folder, $environment);
        $this->pid = proc_get_status($this->process)['pid'];
    }

    public function wait(): self
    {
        for ($pause = 500; $this->process !== null; usleep($pause)) {
            $this->look();
        }
        return $this;
    }

    /** Waits until it has said this. */
    public function says(string $pattern): void
    {
        for (; !preg_match($pattern, $this->output); usleep(500)) {
            if ($this->process === null) {
                throw new RuntimeException("\"$this->words\" has ended without saying $pattern:\n$this->output");
            }
            $this->look();
        }
    }

    public function kill(int $signal = SIGKILL): void
    {
        posix_kill($this->pid, $signal);
    }

    /** Kills it, if it still runs, and sees when its end is there. */
    public function end(): float
    {
        if ($this->process !== null) {
            $this->kill();
            proc_close($this->process);
            $this->process = null;
        }
        return microtime(true);
    }

    /** What it has printed until now. */
    public function said(): string
    {
        if ($this->process !== null) {
            $this->look();
        }
        return $this->output;
    }

    private function look(): void
    {
        $state = proc_get_status($this->process);
        $this->output = (string) file_get_contents($this->file);
        if ($state['running']) {
            if (microtime(true) - $this->start > self::PATIENCE) {
                throw new RuntimeException("\"$this->words\" takes too long:\n$this->output");
            }
            return;
        }
        $this->seconds = microtime(true) - $this->start;
        $this->status = $state['signaled'] ? 128 + $state['termsig'] : $state['exitcode'];
        proc_close($this->process);
        $this->process = null;
    }
}
