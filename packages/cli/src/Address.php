<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use InvalidArgumentException;
use Sitelock\BorgLock;
use Sitelock\DirectoryLock;
use Sitelock\FileLock;
use Sitelock\Lock;
use Sitelock\Symfony\SymfonyLock;
use ValueError;

/**
 * What a person writes for a lock: PATH, dir:PATH, borg:REPOSITORY or ENGINE://HOST#NAME, and before that,
 * where a mode can be chosen, shared: for that lock alone. The only place that makes locks.
 */
final class Address
{
    private const SHARED = 'shared:';

    /** As it was written, without shared: and without what may be a secret. */
    public string $text;
    public Lock $lock;
    public bool $shared;

    private function __construct(string $text, Lock $lock, bool $shared)
    {
        $this->text = $lock instanceof SymfonyLock ? $lock->getPath() : $text;
        $this->lock = $lock;
        $this->shared = $shared;
    }

    /** @throws Failure it is no address */
    public static function parse(string $text, string $label = ''): self
    {
        if (strncmp($text, self::SHARED, strlen(self::SHARED)) === 0) {
            throw Failure::usage('shared: is for run, which chooses a mode; write ' . self::public($text) . ' without it');
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
                    return self::lockOfBorg($place, $label);
            }
            if (strncmp($place, '//', 2) === 0) {
                return self::lockOfEngine($scheme, $text, $label);
            }
        } catch (ValueError | InvalidArgumentException $e) {
            $why = preg_replace('/^.*Argument #\d \(\$(\w+)\)/', 'the $1', $e->getMessage());
            throw Failure::usage('"' . self::public($text) . "\" is no address of a lock: $why");
        }
        throw Failure::usage("\"$scheme:\" is no kind of lock; there are dir:, borg:, postgresql:// and redis://, and a path with a colon can be written ./$text");
    }

    /** @throws Failure it is on another machine */
    private static function lockOfBorg(string $repository, string $label): BorgLock
    {
        if (preg_match('{^(?:ssh://(?:[^/]*@)?([^/:]+)|(?:[^/]*@)?([^/:@]+):)}', $repository, $match)) {
            $host = end($match);
            throw Failure::usage("borg:$repository is on another machine, and so is its lock: ssh $host sitelock run borg:PATH -- COMMAND");
        }
        return new BorgLock($repository, null, $label);
    }

    /**
     * @throws Failure the package is missing
     * @throws InvalidArgumentException it is no address
     */
    private static function lockOfEngine(string $scheme, string $text, string $label): SymfonyLock
    {
        if (!class_exists(SymfonyLock::class)) {
            throw new Failure(ExitCode::UNAVAILABLE, "$scheme: locks need the package sitelock/symfony-lock; composer require sitelock/symfony-lock");
        }
        return SymfonyLock::at($text, $label);
    }

    /** As somebody wrote it, without what may be a password. */
    public static function public(string $text): string
    {
        return preg_replace('{^([^/]+://)(?:.*@)?([^?#]*)(?:\?[^#]*)?}s', '$1$2', $text);
    }

    /** By which two of the same lock are known. */
    public function place(): string
    {
        $path = $this->lock->getPath();
        if ($this->isInEngine()) {
            return $path;
        }
        // Only the path of a repository may itself be a link.
        $isLink = $this->lock instanceof BorgLock && realpath($path) !== false;
        return $isLink ? realpath($path) : (realpath(dirname($path)) ?: dirname($path)) . '/' . basename($path);
    }

    /** Is it kept by a server, for many machines? */
    public function isInEngine(): bool
    {
        return $this->lock instanceof SymfonyLock;
    }

    /** Does the lock tell its next owner of one who ended badly? */
    public function tellsOfAbandonment(): bool
    {
        return $this->lock instanceof FileLock;
    }

    /** Can a dead owner keep the lock, so that it may have to be broken? */
    public function canBeStale(): bool
    {
        return $this->lock instanceof DirectoryLock || $this->lock instanceof BorgLock;
    }

    /** Is it this process that keeps the lock, and not an open file that a command can inherit? */
    public function dependsOnWrapper(): bool
    {
        return $this->lock instanceof BorgLock || $this->isInEngine();
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
