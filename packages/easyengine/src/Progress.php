<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;
use Sitelock\Lock;

/**
 * Says what is waited for: on a terminal one line that changes, elsewhere, as in cron's mail, one at the
 * start and one each minute. To be called as the $onWait of a lock.
 */
final class Progress
{
    private const MINUTE = 60.0;
    private const WIDTH = 78;

    private float $limit;
    private bool $live;
    private ?float $told = null;

    public function __construct(float $limit)
    {
        $this->limit = $limit;
        $this->live = stream_isatty(STDERR);
    }

    public function __invoke(Lock $lock, float $waited): void
    {
        if (!$this->live && $this->told !== null && $waited - $this->told < self::MINUTE) {
            return;
        }
        $this->told = $waited;
        $line = sprintf('Waiting (%d of %d s) for %s', $waited, $this->limit, Busy::names($lock->getHolders()));
        // A line that wraps could not be taken back.
        $this->live ? fwrite(STDERR, "\r\033[K" . substr($line, 0, self::WIDTH)) : EE::log($line);
    }

    /** Nothing is waited for any more: the line goes. */
    public function end(): void
    {
        if ($this->live && $this->told !== null) {
            fwrite(STDERR, "\r\033[K");
        }
    }
}
