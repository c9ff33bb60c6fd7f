<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;
use Sitelock\FileLock;

/** EasyEngine's folder .backup: backups that are being made, and the locks that it makes itself. */
final class BackupFolder
{
    /** Throws away what a backup or a restore of the site left there when it died. */
    public static function discard(string $site): void
    {
        $folder = EE_BACKUP_DIR . "/$site";
        if (!is_dir($folder)) {
            return;
        }
        EE::log("Discarding what it left in $folder.");
        exec('rm -rf -- ' . escapeshellarg($folder) . ' 2>&1', $output, $status);
        if ($status !== 0) {
            EE::error("Cannot discard $folder: " . implode(' ', $output));
        }
    }

    /**
     * Removes the file by which EasyEngine tells itself that somebody works on the site. It stays there
     * after every failure. To be called by who has our lock on the site: then it means nobody, unless
     * an EasyEngine that knows how to lock a file has it locked.
     */
    public static function removeStaleSentinel(string $site): void
    {
        $sentinel = self::ownLock("$site.lock");
        if ($sentinel !== null && $sentinel->acquire()) {
            $sentinel->remove();
        }
    }

    /** null: there was no backup yet. */
    public static function ownGlobalLock(): ?FileLock
    {
        return self::ownLock('backup-global.lock');
    }

    private static function ownLock(string $name): ?FileLock
    {
        $path = EE_BACKUP_DIR . "/$name";
        return file_exists($path) ? new FileLock($path, '', 0600, false) : null;
    }
}
