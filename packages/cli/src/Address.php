<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use InvalidArgumentException;
use Sitelock\BorgLock;
use Sitelock\DirectoryLock;
use Sitelock\FileLock;
use Sitelock\Lock;
use ValueError;

/**
 * What a person writes for a lock: PATH, dir:PATH or borg:REPOSITORY, and before that, where a mode can
 * be chosen, shared: for that lock alone. The only place that makes locks.
 */
final class Address
{
    private const SHARED = 'shared:';

    /** As it was written, without shared: */
    public string $text;
    public Lock $lock;
    public bool $shared;

    private function __construct(string $text, Lock $lock, bool $shared)
    {
        $this->text = $text;
        $this->lock = $lock;
        $this->shared = $shared;
    }

    /** @throws Failure it is no address */
    public static function parse(string $text, string $label = ''): self
    {
        if (strncmp($text, self::SHARED, strlen(self::SHARED)) === 0) {
            throw Failure::usage("shared: is for run, which chooses a mode; write $text without it");
        }
        return new self($text, self::lock($text, $label), false);
    }

    /** @throws Failure it is no address */
    public static function parseWithMode(string $text, bool $shared, string $label): self
    {
        if (strncmp($text, self::SHARED, strlen(self::SHARED)) === 0) {
            $text = (string) substr($text, strlen(self::SHARED)); // PHP 7.4 says false for ""
            $shared = true;
        }
        return new self($text, self::lock($text, $label), $shared);
    }

    private static function lock(string $text, string $label): Lock
    {
        [$scheme, $place] = preg_match('{^([^/]*?):(.*)$}sD', $text, $parts) ? [$parts[1], $parts[2]] : ['', $text];
        try {
            switch ($scheme) {
                case '':
                    return new FileLock($place, $label);
                case 'dir':
                    return new DirectoryLock($place, $label);
                case 'borg':
                    return new BorgLock($place, null, $label);
            }
        } catch (ValueError | InvalidArgumentException $e) {
            throw Failure::usage("\"$text\" is no address of a lock: {$e->getMessage()}");
        }
        throw Failure::usage("\"$scheme:\" is no kind of lock; there are dir: and borg:, and a path with a colon can be written ./$text");
    }

    /** Does the lock tell its next owner of one who ended badly? */
    public function tellsOfAbandonment(): bool
    {
        return $this->lock instanceof FileLock;
    }

    /** Can a dead owner keep the lock, so that it may have to be broken? */
    public function canBeStale(): bool
    {
        return !$this->lock instanceof FileLock;
    }

    /** Is it a process id that keeps the lock, and not an open file that a command can inherit? */
    public function dependsOnWrapper(): bool
    {
        return $this->lock instanceof BorgLock;
    }

    /**
     * An exclusive FileLock writes its record over the first bytes of the file.
     *
     * @throws Failure there are other bytes, which somebody may want to keep
     */
    public function spareData(): void
    {
        if ($this->lock instanceof FileLock && !$this->shared && LockFile::holdsData($this->lock->getPath())) {
            throw Failure::usage("$this->text holds data, and its first bytes would be lost; a lock needs a file of its own");
        }
    }
}
