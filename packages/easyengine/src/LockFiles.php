<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;
use InvalidArgumentException;
use Sitelock\FileLock;
use Sitelock\Lock;
use Sitelock\Symfony\SymfonyLock;

/**
 * Where the locks are: not those that EasyEngine makes in .backup, which it deletes under others.
 * /opt/easyengine/locks/sites/example.com.lock, and backup.lock beside the folder sites, unless machines
 * share that one.
 */
final class LockFiles
{
    private const FOLDER = EE_ROOT_DIR . '/locks';

    public static function ofSite(string $site, string $label): FileLock
    {
        return new FileLock(self::FOLDER . '/sites/' . rawurlencode($site) . '.lock', $label);
    }

    /** Of this machine, or of all that have the same setting. */
    public static function ofAllBackups(string $label): Lock
    {
        $global = Settings::global();
        return strpos($global, '://') === false ? new FileLock(self::FOLDER . '/backup.lock', $label) : self::ofAllMachines($global, $label);
    }

    /** Makes the folders. Where that is not possible nothing can be locked, and the command ends. */
    public static function prepare(): void
    {
        $folder = self::FOLDER . '/sites';
        if (!@mkdir($folder, 0700, true) && !is_dir($folder)) {
            $why = error_get_last()['message'];
            EE::error("Cannot make the folder $folder for the locks, so nothing was done: $why", ExitCode::SYSTEM);
        }
    }

    /** The site whose lock this is; null: it is that of all backups. */
    public static function site(string $path): ?string
    {
        return $path[0] === '/' && basename(dirname($path)) === 'sites' ? rawurldecode(basename($path, '.lock')) : null;
    }

    /** @return Lock[] all that there are */
    public static function all(): array
    {
        $sites = array_map(static function (string $path): FileLock {
            return new FileLock($path);
        }, glob(self::FOLDER . '/sites/*.lock') ?: []);
        return array_merge([self::ofAllBackups('')], $sites);
    }

    private static function ofAllMachines(string $address, string $label): SymfonyLock
    {
        if (!class_exists(SymfonyLock::class)) {
            EE::error('sitelock-global is the address of a lock, which needs the package sitelock/symfony-lock; nothing was done. '
                . 'Beside sitelock/easyengine: composer require sitelock/symfony-lock', ExitCode::UNAVAILABLE);
        }
        try {
            return SymfonyLock::at($address, $label);
        } catch (InvalidArgumentException $e) {
            EE::error("sitelock-global is no address of a lock: {$e->getMessage()}.", ExitCode::USAGE);
        }
    }
}
