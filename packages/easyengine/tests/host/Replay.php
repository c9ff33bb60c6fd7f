<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine\Tests\Host;

use EE;
use RuntimeException;

/** Calls the hooks of one recording. */
final class Replay
{
    private const CHILD = '--replay';

    /** @var array<string, mixed> */
    private array $recording;

    private function __construct(array $recording)
    {
        $this->recording = $recording;
    }

    /** @param string[] $words of the command line, or the recording of a child */
    public static function of(array $words): self
    {
        if ($words[0] === self::CHILD) {
            return new self(json_decode($words[1], true));
        }
        foreach (glob(__DIR__ . '/../recorded/*.json') as $file) {
            $recording = json_decode(file_get_contents($file), true);
            if ($recording['ee'] === implode(' ', $words)) {
                return new self($recording);
            }
        }
        throw new RuntimeException('there is no recording of ee ' . implode(' ', $words));
    }

    public function play(): void
    {
        foreach ($this->recording['calls'] as $call) {
            if (isset($call['ee'])) {
                passthru(self::commandLine([self::CHILD, json_encode($call)]), $status);
                if ($status !== 0) {
                    EE::error("its child ended with $status: ee {$call['ee']}");
                }
                continue;
            }
            EE::do_hook(...$call);
            Stops::at($call[0]);
        }
        if (($this->recording['status'] ?? 0) !== 0) {
            EE::error('as it was recorded', $this->recording['status']);
        }
    }

    /**
     * For a shell: this program with other arguments.
     *
     * @param string[] $words
     */
    public static function commandLine(array $words): string
    {
        $program = explode("\0", substr(file_get_contents('/proc/self/cmdline'), 0, -1));
        $program = array_slice($program, 0, count($program) - count($_SERVER['argv']) + 1);
        return implode(' ', array_map('escapeshellarg', array_merge($program, $words)));
    }
}
