<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use Sitelock\BorgLock;

/** What must be there to lock anything; help needs none of it. */
final class Requirements
{
    /** @throws Failure says how to get what is missing */
    public static function check(): void
    {
        if (ini_get('open_basedir') !== '') {
            throw self::missing('open_basedir is set', 'commands, /proc and /dev/null are outside of it; unset it for the command line');
        }
        foreach (['pcntl' => 'pcntl_exec', 'posix' => 'posix_kill'] as $extension => $function) {
            if (!function_exists($function)) {
                throw self::missing("the PHP extension $extension is not loaded, or a function of it is disabled", "install or enable $extension");
            }
        }
        if (!extension_loaded('sitelock')) {
            throw self::missing('the PHP extension sitelock is not loaded', self::howToLoad());
        }
        if (!class_exists(BorgLock::class)) {
            throw self::missing('an old PHP extension sitelock ' . phpversion('sitelock') . ' is loaded', 'install the one that came with this command');
        }
    }

    private static function missing(string $what, string $remedy): Failure
    {
        return new Failure(ExitCode::UNAVAILABLE, sprintf('%s in %s (PHP %s): %s', $what, PHP_BINARY, PHP_VERSION, $remedy));
    }

    private static function howToLoad(): string
    {
        $installed = ini_get('extension_dir') . '/sitelock.so';
        if (!file_exists($installed)) {
            return "there is no $installed; build and install it for this PHP, see README.md of sitelock";
        }
        $folder = PHP_CONFIG_FILE_SCAN_DIR !== '' ? PHP_CONFIG_FILE_SCAN_DIR . '/20-sitelock.ini' : PHP_CONFIG_FILE_PATH . '/php.ini';
        return "put the line extension=sitelock into $folder";
    }
}
