<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;

use function EE\Utils\get_config_value;

/** From the environment, or else from EasyEngine's config.yml. */
final class Settings
{
    public const ONE = 'one';
    public const NONE = 'none';

    /** How long a command waits for its locks, in seconds. */
    public static function wait(): float
    {
        $wait = self::value('EE_SITELOCK_WAIT', 'sitelock-wait', '0');
        if (!is_numeric($wait) || $wait < 0) {
            EE::error("sitelock-wait must be a number of seconds, and is \"$wait\".", ExitCode::USAGE);
        }
        return (float) $wait;
    }

    /** Whom does a backup keep out: ONE, NONE, or the address of a lock that machines share. */
    public static function global(): string
    {
        $global = self::value('EE_SITELOCK_GLOBAL', 'sitelock-global', self::ONE);
        if (!in_array($global, [self::ONE, self::NONE], true) && strpos($global, '://') === false) {
            EE::error("sitelock-global must be \"one\", \"none\" or an address like postgresql://USER@HOST/DATABASE#NAME, and is \"$global\".", ExitCode::USAGE);
        }
        return $global;
    }

    private static function value(string $variable, string $key, string $default): string
    {
        $value = getenv($variable);
        return $value !== false && $value !== '' ? $value : (string) get_config_value($key, $default);
    }
}
