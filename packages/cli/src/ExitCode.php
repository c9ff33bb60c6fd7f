<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/** What the command exits with; from sysexits.h where it has one that fits. */
final class ExitCode
{
    public const OK = 0;
    public const USAGE = 64;
    public const ABANDONED = 65;
    public const UNAVAILABLE = 69;
    public const SYSTEM = 71;
    public const LOST = 74;
    public const BUSY = 75;
    public const NOT_EXECUTABLE = 126;
    public const NOT_FOUND = 127;
    public const KILLED = 128;

    /** For the manual, which has them in this order. */
    public const MEANINGS = [
        self::OK => 'It is done. Of "run": the command ended with 0. Of "status" and "wait": the lock is free.',
        self::USAGE => 'Wrong use. The help is on standard error; nothing was locked, nothing was run.',
        self::ABANDONED => '"run --on-abandoned=refuse": an earlier owner left what the lock protects half done. Not run.',
        self::UNAVAILABLE => 'Something is missing: the PHP extension sitelock, pcntl or posix, setpriv(1), or the package for locks of an engine.',
        self::SYSTEM => 'The lock cannot be tried: unsafe path, no permission, full disk, a server that does not answer. The message says which.',
        self::LOST => 'The command succeeded, but the lock was taken away meanwhile, or its end could not be recorded.',
        self::BUSY => 'Somebody else has the lock. Of "run": not run; --conflict-exit-code puts another number in its place.',
        self::NOT_EXECUTABLE => 'The command of "run" was found but cannot be executed.',
        self::NOT_FOUND => 'The command of "run" was not found.',
    ];
}
