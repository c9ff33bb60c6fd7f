<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

/** The commands that change a site, and so lock it. All others are never kept waiting. */
final class Writers
{
    public const BACKUP = 'site backup';
    public const RESTORE = 'site restore';
    public const CREATE = 'site create';
    public const DELETE = 'site delete';
    public const CLONE = 'site clone';
    public const SYNC = 'site sync';

    private const OTHERS = [
        'site update',
        'site enable',
        'site disable',
        'site refresh',
        'site reload',
        'site restart',
        'site clean',
        'site ssl-verify',
        'site ssl-renew',
        'admin-tools enable',
        'admin-tools disable',
        'mailhog enable',
        'mailhog disable',
    ];

    /** @return string[] as EasyEngine names them in its hooks */
    public static function names(): array
    {
        return array_merge([self::BACKUP, self::RESTORE, self::CREATE, self::DELETE, self::CLONE, self::SYNC], self::OTHERS);
    }

    /**
     * Is it one that only reads, for once? EasyEngine goes by whether the flag is true: --no-list and
     * --list=0 make a backup.
     */
    public static function onlyReads(string $command, array $flags): bool
    {
        return $command === self::BACKUP && ($flags['list'] ?? false);
    }

    /** Does it fill or read the folder in which a backup is put together? */
    public static function usesBackupFolder(string $command): bool
    {
        return $command === self::BACKUP || $command === self::RESTORE;
    }
}
