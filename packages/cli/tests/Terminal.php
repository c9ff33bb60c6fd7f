<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

use RuntimeException;

/** A terminal of tmux, with a shell in it or another program. */
final class Terminal
{
    private const PATIENCE = 15.0;

    private string $socket;

    /** @param string[] $program */
    public function __construct(string $folder, array $program)
    {
        $this->socket = "$folder/tmux";
        $this->tmux('-f', '/dev/null', 'new-session', '-d', '-x', '160', '-y', '24', '-c', $folder, ...$program);
    }

    public function type(string $line): void
    {
        $this->tmux('send-keys', '-l', '--', $line);
        $this->press('Enter');
    }

    /** As tmux calls keys: Enter, C-c, C-z, … */
    public function press(string $key): void
    {
        $this->tmux('send-keys', $key);
    }

    public function screen(): string
    {
        return rtrim($this->tmux('capture-pane', '-p'));
    }

    /** Waits until the screen looks so. */
    public function waitFor(string $pattern): string
    {
        for ($end = microtime(true) + self::PATIENCE; !preg_match($pattern, $screen = $this->screen()); usleep(10000)) {
            if (microtime(true) > $end) {
                throw new RuntimeException("never $pattern, but:\n$screen");
            }
        }
        return $screen;
    }

    /** The window is closed, as by the person in front of it. */
    public function close(): void
    {
        exec('tmux -S ' . escapeshellarg($this->socket) . ' kill-server 2>/dev/null');
    }

    private function tmux(string ...$words): string
    {
        exec(implode(' ', array_map('escapeshellarg', ['tmux', '-S', $this->socket, ...$words])) . ' 2>&1', $lines, $status);
        if ($status !== 0) {
            throw new RuntimeException('tmux: ' . implode("\n", $lines));
        }
        return implode("\n", $lines);
    }
}
