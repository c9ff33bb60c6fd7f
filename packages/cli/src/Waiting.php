<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use Sitelock\FileLock;
use Sitelock\Lock;
use Symfony\Component\Console\Terminal;

/**
 * Tells a person what is waited for: on a terminal one line that changes and disappears, elsewhere one
 * line at the start. To be called as the $onWait of a lock.
 */
final class Waiting
{
    private float $timeout;
    private bool $live;
    private bool $told = false;

    public function __construct(float $timeout)
    {
        $this->timeout = $timeout;
        $this->live = !Text::$quiet && stream_isatty(STDERR);
    }

    public function __invoke(Lock $lock, float $waited): void
    {
        if ($this->live) {
            $this->show($this->liveLine($lock, $waited));
        } elseif (!$this->told) {
            Text::say($this->firstLine($lock));
        }
        $this->told = true;
    }

    /** Nothing is waited for any more. */
    public function end(): void
    {
        if ($this->live && $this->told) {
            $this->show('');
        }
        $this->told = false;
    }

    private function show(string $line): void
    {
        @fwrite(STDERR, "\r\033[K" . $line);
    }

    private function firstLine(Lock $lock): string
    {
        $limit = is_infinite($this->timeout)
            ? 'as long as it takes'
            : sprintf('%s s, until %s', round($this->timeout, 1), date('Y-m-d H:i:s', (int) (microtime(true) + $this->timeout)));
        return "waiting for {$lock->getPath()} ($limit), locked by " . $this->holders($lock);
    }

    private function liveLine(Lock $lock, float $waited): string
    {
        $limit = is_infinite($this->timeout)
            ? ''
            : sprintf(' of %s, until %s', Text::duration($this->timeout), date('H:i:s', (int) (microtime(true) + $this->timeout - $waited)));
        $ahead = $lock instanceof FileLock ? $lock->getWaitersAhead() : null;
        $queue = $ahead ? ", $ahead before us" : '';
        $line = Text::visible('waiting ' . Text::duration($waited) . "$limit$queue, for {$lock->getPath()}, locked by " . $this->holders($lock));
        // A line that wraps could not be taken back, not even when the terminal adds ^C to it.
        return self::cut($line, max(20, (new Terminal())->getWidth()) - 3);
    }

    private function holders(Lock $lock): string
    {
        $holders = $lock->getHolders();
        return $holders === [] ? 'somebody who just left' : Busy::names($holders);
    }

    private static function cut(string $line, int $width): string
    {
        return preg_match("/^.{0,$width}/u", $line, $match) ? $match[0] : substr($line, 0, $width);
    }
}
