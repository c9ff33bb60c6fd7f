<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/**
 * Starts a command, in the same session and process group, and lives until it has ended. What somebody
 * sends to this process is passed on; what the terminal sends to both of them is not sent twice. Ctrl-Z
 * stops both.
 */
final class Supervisor
{
    private const PASSED_ON = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM];
    private const WITH_CORE = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS];
    private const OF_TERMINALS = [SIGHUP, SIGINT, SIGQUIT];

    /**
     * From now on signals wait for run(), and none is lost.
     *
     * @throws Interrupted one has come before
     */
    public static function holdSignals(): void
    {
        pcntl_sigprocmask(SIG_BLOCK, [...self::PASSED_ON, SIGCHLD]);
        pcntl_signal_dispatch();
    }

    /**
     * Runs it to its end, with signals as the caller has them.
     *
     * @return int its status as of waitpid(2)
     * @throws Failure no process can be had
     */
    public static function run(Program $program, Caller $caller): int
    {
        $child = @pcntl_fork();
        if ($child === 0) {
            $caller->restore();
            StandardStreams::giveBackScript();
            exit($program->execute());
        }
        if ($child < 0) {
            throw new Failure(ExitCode::SYSTEM, 'not run: no new process can be had (' . pcntl_strerror(pcntl_get_last_error()) . ')');
        }
        while (pcntl_waitpid($child, $status, WNOHANG) !== $child) {
            // Interrupted when both were stopped and go on.
            $signal = @pcntl_sigwaitinfo([...self::PASSED_ON, SIGCHLD], $info);
            if (in_array($signal, self::PASSED_ON, true) && !self::hasItAlready($child, $signal, $info['code'])) {
                posix_kill($child, $signal);
            }
        }
        return $status;
    }

    /**
     * Ends this process by a signal, without PHP's own end, and without a core of PHP's.
     *
     * @return never
     */
    public static function dieOf(int $signal): void
    {
        $exitCode = ExitCode::KILLED + $signal;
        if (in_array($signal, self::WITH_CORE, true)) {
            pcntl_sigprocmask(SIG_SETMASK, []);
            @pcntl_exec('/bin/sh', ['-c', "ulimit -c 0; kill -$signal \$\$; exit $exitCode"]);
        }
        if ($signal !== SIGKILL) {
            pcntl_signal($signal, SIG_DFL);
        }
        pcntl_sigprocmask(SIG_UNBLOCK, [$signal]);
        posix_kill(getmypid(), $signal);
        exit($exitCode); // process 1 of a container is not killed
    }

    /** The kernel sends what a terminal says to a whole process group, but a hang-up to a session leader alone. */
    private static function hasItAlready(int $child, int $signal, int $code): bool
    {
        $fromTerminal = $code > 0 && in_array($signal, self::OF_TERMINALS, true);
        $toLeaderOnly = $signal === SIGHUP && posix_getsid(0) === getmypid();
        return $fromTerminal && !$toLeaderOnly && posix_getpgid($child) === posix_getpgrp();
    }
}
