<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use EE;
use EE\Formatter;
use Sitelock\FileLock;
use Sitelock\Lock;
use Sitelock\LockException;

/**
 * Shows who has the locks of sites, and clears what dead commands left.
 *
 * ## EXAMPLES
 *
 *     # Who works on which site?
 *     $ ee lock status
 *
 *     # The site was looked at after a crash, and is well
 *     $ ee lock break example.com
 */
final class LockCommand
{
    /**
     * Shows who has which lock. Takes none, and waits for none.
     *
     * ## OPTIONS
     *
     * [<site-name>]
     * : Only the lock of this site.
     *
     * [--format=<format>]
     * : Render output in a particular format.
     * ---
     * default: table
     * options:
     *   - table
     *   - csv
     *   - yaml
     *   - json
     * ---
     *
     * ## EXAMPLES
     *
     *     # All locks
     *     $ ee lock status
     */
    public function status(array $args, array $flags): void
    {
        Requirements::check('lock status');
        $locks = isset($args[0]) ? [LockFiles::ofSite(rtrim($args[0], '/'), '')] : LockFiles::all();
        $formatter = new Formatter($flags, ['lock', 'state', 'who']);
        $formatter->display_items(array_map([self::class, 'row'], $locks));
    }

    /**
     * Says that a site is well again after a command on it died.
     *
     * Nobody is told of that command any more, and what it left in .backup is thrown away. A lock that
     * is held cannot be broken: it is free when its owner ends.
     *
     * ## OPTIONS
     *
     * <site-name>
     * : Name of the site.
     *
     * [--yes]
     * : Do not prompt for confirmation.
     *
     * ## EXAMPLES
     *
     *     # Look at the site first
     *     $ ee lock break example.com
     */
    public function break(array $args, array $flags): void
    {
        Requirements::check('lock break');
        $site = rtrim($args[0], '/');
        $lock = LockFiles::ofSite($site, "ee lock break $site");
        try {
            if (@lstat($lock->getPath()) !== false && !(new Patience(Settings::wait()))->acquire($lock)) {
                EE::error(Busy::sentence([$lock->getPath() => $lock->getHolders()]), ExitCode::BUSY);
            }
            self::clear($lock, $site, $flags);
        } catch (LockException $e) {
            EE::error($e->getMessage(), ExitCode::SYSTEM);
        }
    }

    private static function clear(FileLock $lock, string $site, array $flags): void
    {
        if ($lock->getAbandonedBy() === []) {
            EE::success("Nobody has the lock of $site, and nobody has died with it.");
            return;
        }
        Aftermath::tell($lock);
        EE::confirm("Have you looked at $site, and is it well?", $flags);
        BackupFolder::removeStaleSentinel($site);
        Aftermath::discard($lock, $site);
        $lock->markConsistent();
        EE::success("Nobody is told of that any more.");
    }

    /** @return array<string, string> */
    private static function row(Lock $lock): array
    {
        $lockOf = LockFiles::site($lock->getPath()) ?? '(all backups)';
        $record = self::firstLine($lock);
        try {
            $holders = $lock->getHolders();
        } catch (LockException $e) {
            return ['lock' => $lockOf, 'state' => 'error', 'who' => $e->getMessage()];
        }
        if ($holders !== []) {
            return ['lock' => $lockOf, 'state' => 'held', 'who' => Busy::names($holders)];
        }
        // Who has released meanwhile has changed the line before.
        $left = $record === self::firstLine($lock)
            && preg_match('/^sitelock 1 (?:held|failed|.* dead 0*[1-9a-f])/', $record);
        return ['lock' => $lockOf, 'state' => $left ? 'free, left in disorder' : 'free', 'who' => ''];
    }

    private static function firstLine(Lock $lock): string
    {
        return $lock instanceof FileLock ? (string) strtok((string) @file_get_contents($lock->getPath(), false, null, 0, 128), "\n") : '';
    }
}
