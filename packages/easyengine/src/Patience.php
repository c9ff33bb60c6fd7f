<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use Sitelock\FileLock;
use Sitelock\LockSet;

/** The time that a command has for all its locks together. */
final class Patience
{
    private float $seconds;
    private float $end;

    public function __construct(float $seconds)
    {
        $this->seconds = $seconds;
        $this->end = self::now() + $seconds;
    }

    /**
     * Waits for the rest of the time, and says so.
     *
     * @param LockSet|FileLock $lock
     */
    public function acquire($lock): bool
    {
        if ($this->seconds === 0.0) {
            return $lock->acquire();
        }
        $progress = new Progress($this->seconds);
        $interrupts = new Interrupts($progress);
        try {
            return $lock->acquire(max(0.0, $this->end - self::now()), $progress);
        } finally {
            $interrupts->restore();
            $progress->end();
        }
    }

    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }
}
