<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use RuntimeException;

/** Ends the command: a sentence for the person who started it, and the exit code. */
final class Failure extends RuntimeException
{
    public function __construct(int $exitCode, string $sentence)
    {
        parent::__construct($sentence, $exitCode);
    }

    public static function usage(string $sentence): self
    {
        return new self(ExitCode::USAGE, $sentence);
    }
}
