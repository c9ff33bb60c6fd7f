<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;

/**
 * Signals that end a wait at once. Without a handler they do it by themselves. EasyEngine's handlers, which
 * it leaves behind when it runs one command after another, would never be called, because it does not ask
 * for signals; so they are replaced while something is waited for.
 */
final class Interrupts
{
    private bool $async;
    /** @var array<int, callable> */
    private array $handlers = [];

    public function __construct(Progress $progress)
    {
        $this->async = pcntl_async_signals();
        foreach ([SIGHUP, SIGINT, SIGTERM] as $signal) {
            $handler = pcntl_signal_get_handler($signal);
            if (!is_int($handler)) {
                $this->handlers[$signal] = $handler;
                pcntl_signal($signal, static function (int $signal) use ($progress): void {
                    $progress->end();
                    EE::error('Stopped while it waited for its turn; nothing was done.', ExitCode::SIGNAL + $signal);
                });
                pcntl_async_signals(true);
            }
        }
    }

    public function restore(): void
    {
        pcntl_async_signals($this->async);
        foreach ($this->handlers as $signal => $handler) {
            pcntl_signal($signal, $handler);
        }
    }
}
