<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/** How the caller wants signals to be treated: what a command inherits when nothing stands between them. */
final class Caller
{
    /** Whose dispositions PHP changes when it starts, or we do. */
    private const CHANGED = [SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGPIPE, SIGCHLD, SIGXFSZ];

    /** @var int[] blocked */
    private array $mask = [];
    /** @var int[] ignored */
    private array $ignored = [];

    /**
     * To be called once, and early: from now on SIGCHLD is not ignored, since who ignores it hears
     * nothing of his children, and a lock file that may not grow is an error instead of a death.
     */
    public static function look(): self
    {
        $caller = new self();
        $status = (string) @file_get_contents('/proc/self/status');
        $ignored = self::signals($status, 'SigIgn');
        pcntl_signal(SIGCHLD, SIG_DFL);
        pcntl_signal(SIGXFSZ, SIG_IGN);
        pcntl_sigprocmask(SIG_BLOCK, [SIGCHLD], $caller->mask);

        // PHP always ignores SIGPIPE, so what it was before cannot be told: as a shell would have it.
        $caller->ignored = array_diff($ignored, [SIGPIPE]);
        // Of those that PHP catches it remembers whether they were ignored, but does not say.
        $caught = self::signals($status, 'SigCgt');
        if (in_array(SIGHUP, $caught, true) && in_array(SIGINT, $caught, true)) {
            [$hangup, $interrupt] = self::areIgnored(SIGHUP, SIGINT);
            // A shell that starts a job in the background ignores SIGINT and SIGQUIT for it.
            array_push($caller->ignored, ...($hangup ? [SIGHUP] : []), ...($interrupt ? [SIGINT, SIGQUIT] : []));
        }
        return $caller;
    }

    public function ignores(int $signal): bool
    {
        return in_array($signal, $this->ignored, true);
    }

    /** Makes signals what they were. In a child that is about to become a command. */
    public function restore(): void
    {
        pcntl_async_signals(false);
        foreach (self::CHANGED as $signal) {
            pcntl_signal($signal, $this->ignores($signal) ? SIG_IGN : SIG_DFL);
        }
        pcntl_sigprocmask(SIG_SETMASK, $this->mask);
    }

    /** @return int[] the standard signals in a set as /proc/PID/status shows it */
    private static function signals(string $status, string $set): array
    {
        if (!preg_match("/^$set:\s*[0-9a-f]*([0-9a-f]{8})$/m", $status, $match)) {
            return [];
        }
        $bits = (int) hexdec($match[1]);
        return array_values(array_filter(range(1, 31), static function (int $signal) use ($bits): bool {
            return ($bits >> ($signal - 1) & 1) === 1;
        }));
    }

    /**
     * Does this process ignore them? Each is tried on a child, all at the same time.
     *
     * @return bool[]
     */
    private static function areIgnored(int ...$signals): array
    {
        $children = [];
        foreach ($signals as $signal) {
            $child = @pcntl_fork();
            if ($child === 0) {
                pcntl_sigprocmask(SIG_UNBLOCK, [$signal]);
                posix_kill(getmypid(), $signal);
                posix_kill(getmypid(), SIGKILL);
            }
            $children[] = $child;
        }
        return array_map(static function (int $child): bool {
            return $child > 0 && pcntl_waitpid($child, $status) === $child && pcntl_wtermsig($status) === SIGKILL;
        }, $children);
    }
}
