<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

/** Of commands that this package ends, from sysexits.h. EasyEngine itself only has 1. */
final class ExitCode
{
    public const USAGE = 64;
    public const UNAVAILABLE = 69;
    public const SYSTEM = 71;
    public const LOST = 74;
    public const BUSY = 75;
    public const SIGNAL = 128;
}
