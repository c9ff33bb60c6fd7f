<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use PHPUnit\Framework\TestCase;

/**
 * Drives the real command. The environment says which: PHP (a command of one or more words), MODULE and
 * PHAR, and SCRATCH, a folder which that PHP sees under the same name.
 */
abstract class CommandTestCase extends TestCase
{
    /** Under the lock, until it is told with which status to exit. */
    protected const OBEY = ['sh', '-c', 'echo up; read status; exit ${status:-0}'];

    protected string $folder;
    protected string $path;
    /** @var Running[] */
    private array $started = [];

    protected function setUp(): void
    {
        $this->folder = getenv('SCRATCH') . '/' . bin2hex(random_bytes(4));
        mkdir($this->folder, 0755);
        $this->path = "$this->folder/site.lock";
    }

    protected function tearDown(): void
    {
        foreach ($this->started as $running) {
            $running->dispose();
        }
        foreach ($this->stillThere() as $pid) {
            posix_kill($pid, SIGKILL);
        }
        exec('rm -rf ' . escapeshellarg($this->folder));
    }

    /** @return string[] the words that start it */
    protected static function words(string ...$arguments): array
    {
        return [...explode(' ', getenv('PHP')), '-d', 'extension=' . getenv('MODULE'), getenv('PHAR'), ...$arguments];
    }

    /** Runs sitelock to its end, without input. */
    protected function sitelock(string ...$arguments): Result
    {
        return $this->start(...$arguments)->wait();
    }

    protected function start(string ...$arguments): Running
    {
        return $this->startWords(static::words(...$arguments));
    }

    /** Started by a shell script, whose "$@" starts sitelock. */
    protected function startIn(string $script, string ...$arguments): Running
    {
        return $this->startWords(['sh', '-c', $script, 'sh', ...static::words(...$arguments)]);
    }

    /** @param string[] $words */
    protected function startWords(array $words): Running
    {
        return $this->started[] = new Running($words, $this->folder);
    }

    /** Somebody who has the lock and obeys. */
    protected function holder(string ...$options): Running
    {
        $holder = $this->start('run', ...($options ?: [$this->path]), ...['--', ...self::OBEY]);
        self::assertSame('up', $holder->line(), 'the holder has the lock');
        return $holder;
    }

    /** Waits for what must come. */
    protected static function until(callable $is, string $what): void
    {
        for ($end = microtime(true) + 15; !$is(); usleep(2000)) {
            if (microtime(true) > $end) {
                self::fail("never: $what");
            }
        }
        self::assertTrue(true);
    }

    protected static function isFree(string $path): bool
    {
        $file = fopen($path, 'c+e');
        return flock($file, LOCK_EX | LOCK_NB);
    }

    protected static function isAlive(int $pid): bool
    {
        $state = (string) @file_get_contents("/proc/$pid/stat");
        return $state !== '' && !preg_match('/\) [ZX] /', $state);
    }

    /** What one line of a process's status says, without its name. */
    protected static function signals(string $status, string $set): int
    {
        preg_match("/^$set:\s*[0-9a-f]*([0-9a-f]{8})$/m", $status, $match);
        return (int) hexdec($match[1]);
    }

    protected static function bit(int $signal): int
    {
        return 1 << ($signal - 1);
    }

    /** The status of the locks as --json tells it. */
    protected function status(string ...$addresses): array
    {
        return json_decode($this->sitelock('status', '--json', ...$addresses)->output, true, 16, JSON_THROW_ON_ERROR);
    }

    /** Processes that work in the folder of this test. */
    private function stillThere(): array
    {
        $pids = [];
        foreach (glob('/proc/[0-9]*') as $process) {
            if (@readlink("$process/cwd") === $this->folder) {
                $pids[] = (int) basename($process);
            }
        }
        return $pids;
    }
}
