<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;
use Sitelock\FileLock;
use Sitelock\Holder;
use Sitelock\Lock;

/**
 * What becomes of owners who died with the lock of a site. What a backup or a restore left in .backup is
 * thrown away by the next backup or restore: EasyEngine would take half an archive for a whole one. What
 * a dead command did to the site itself only a restore can put right, so until one succeeds, or a person
 * says that all is well (ee lock break), everybody is told. Who ended with an error message of his own is
 * told of once.
 */
final class Aftermath
{
    private string $command;
    /** @var FileLock[] of sites that are half done until this command has succeeded */
    private array $halfDone = [];

    public function __construct(string $command)
    {
        $this->command = $command;
    }

    /** @param Lock[] $locks that were just acquired */
    public function takeOver(array $locks): void
    {
        foreach ($locks as $lock) {
            $site = LockFiles::site($lock->getPath());
            if ($site !== null) {
                $this->takeOverSite($lock, $site);
            } elseif ($lock instanceof FileLock && $lock->getAbandonedBy() !== []) {
                $lock->markConsistent(); // the lock of all backups protects nothing that can be half done
            }
        }
    }

    /**
     * The command has succeeded.
     *
     * @param Lock[] $held
     * @return Lock[] those that are held after that
     */
    public function succeeded(array $held): array
    {
        if ($this->command === Writers::RESTORE) {
            foreach ($this->halfDone as $lock) {
                $lock->markConsistent();
            }
        }
        return $this->command === Writers::DELETE ? array_filter($held, [self::class, 'outlivesItsSite']) : $held;
    }

    public static function tell(FileLock $lock): void
    {
        foreach ($lock->getAbandonedBy() as $dead) {
            EE::warning(sprintf(
                '"%s" (pid %s, begun %s) did not end well: %s.',
                $dead->getLabel() !== '' ? $dead->getLabel() : $dead->getCommand(),
                $dead->getPid() ?? 'unknown',
                $dead->getSince() !== null ? date('Y-m-d H:i', (int) $dead->getSince()) : 'at an unknown time',
                $dead->getEnd()
            ));
        }
    }

    /** Throws away what those who died with the lock left in .backup, if they may have left something. */
    public static function discard(FileLock $lock, string $site): void
    {
        if (self::mayHaveLeftFolder($lock)) {
            BackupFolder::discard($site);
        }
    }

    private function takeOverSite(FileLock $lock, string $site): void
    {
        $discards = Writers::usesBackupFolder($this->command);
        if ($discards) {
            BackupFolder::removeStaleSentinel($site);
        }
        if ($lock->getAbandonedBy() === []) {
            return;
        }
        self::tell($lock);
        if ($discards) {
            self::discard($lock, $site);
        }
        if (array_filter($lock->getAbandonedBy(), [self::class, 'leftHalfASite']) !== []) {
            $this->halfDone[] = $lock;
            EE::warning("$site may be half done. Restore it; or look at it, and then say that it is well: ee lock break $site");
        } elseif ($discards || !self::mayHaveLeftFolder($lock)) {
            $lock->markConsistent();
        }
    }

    private static function leftHalfASite(Holder $dead): bool
    {
        return self::command($dead) !== Writers::BACKUP && strncmp((string) $dead->getEnd(), 'exit status', 11) !== 0;
    }

    private static function mayHaveLeftFolder(FileLock $lock): bool
    {
        $commands = array_map([self::class, 'command'], $lock->getAbandonedBy());
        return array_filter($commands, [Writers::class, 'usesBackupFolder']) !== [];
    }

    /** As in the hooks; "" if its label is none of ours. */
    private static function command(Holder $dead): string
    {
        return preg_match('/^ee (\S+ \S+)/', $dead->getLabel(), $match) ? $match[1] : '';
    }

    /** The site is deleted: nothing that was left of it is worth a word to one of the same name. */
    private static function outlivesItsSite(Lock $lock): bool
    {
        $site = LockFiles::site($lock->getPath());
        if ($site === null) {
            return true;
        }
        self::discard($lock, $site);
        $lock->markConsistent();
        return !$lock->remove();
    }
}
