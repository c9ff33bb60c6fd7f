<?php

declare(strict_types=1);

namespace Sitelock\Cli\Tests;

/** How a process ended and what it wrote. */
final class Result
{
    /** As a shell has it: 128 + N of one that was killed by signal N. */
    public int $status;
    /** 0: it was not killed. */
    public int $signal;
    public string $output;
    public string $errors;

    public function __construct(int $status, int $signal, string $output, string $errors)
    {
        $this->status = $status;
        $this->signal = $signal;
        $this->output = $output;
        $this->errors = $errors;
    }
}
