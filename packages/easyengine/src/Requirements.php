<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;
use Sitelock\LockSet;

/** Without the extension nothing can be locked, so nothing is changed. */
final class Requirements
{
    /** Ends the command if the extension is missing, and says how to get it. */
    public static function check(string $command): void
    {
        if (!class_exists(LockSet::class)) {
            EE::error(sprintf(
                'ee %s was not run, because it cannot lock anything: the PHP extension sitelock is not loaded in %s (PHP %s). %s',
                $command,
                PHP_BINARY,
                PHP_VERSION,
                self::remedy()
            ), ExitCode::UNAVAILABLE);
        }
    }

    private static function remedy(): string
    {
        $installed = ini_get('extension_dir') . '/sitelock.so';
        if (!file_exists($installed)) {
            return "There is no $installed: build and install it for this PHP, as README.md of sitelock says.";
        }
        $ini = PHP_CONFIG_FILE_SCAN_DIR !== '' ? PHP_CONFIG_FILE_SCAN_DIR . '/20-sitelock.ini' : PHP_CONFIG_FILE_PATH . '/php.ini';
        return "Put the line extension=sitelock into $ini.";
    }
}
