<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/** Signals that end this process, while there is something to tidy up first. */
final class Interrupts
{
    private const SIGNALS = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

    private static bool $thrown = false;

    /** From now on the first of them throws Interrupted; not those that the caller wants to be ignored. */
    public static function throwFrom(Caller $caller): void
    {
        pcntl_async_signals(true);
        foreach (self::SIGNALS as $signal) {
            if (!$caller->ignores($signal)) {
                pcntl_signal($signal, [self::class, 'interrupt']);
            }
        }
    }

    /** Who tidies up is not interrupted again. */
    public static function interrupt(int $signal): void
    {
        if (!self::$thrown) {
            self::$thrown = true;
            throw new Interrupted('', $signal);
        }
    }
}
