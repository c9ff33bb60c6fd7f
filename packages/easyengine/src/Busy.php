<?php

declare(strict_types=1);

namespace Sitelock\EasyEngine;

use Sitelock\Holder;

/** The sentence for somebody who does not get a lock. */
final class Busy
{
    /** @param array<string, Holder[]> $holders by the paths of their locks */
    public static function sentence(array $holders): string
    {
        if ($holders === []) {
            return 'Somebody had the lock until this very moment; try again.';
        }
        ksort($holders);
        foreach ($holders as $path => $ofThisLock) {
            $site = LockFiles::site($path);
            if ($site !== null) { // rather than the lock of all backups
                return self::kept("$site is locked", $ofThisLock);
            }
        }
        return self::kept('Backups are locked', reset($holders));
    }

    /** @param Holder[] $holders */
    public static function ownGlobalLock(array $holders): string
    {
        return self::kept("EasyEngine's own lock of all backups is kept", $holders);
    }

    /** @param Holder[] $holders */
    private static function kept(string $what, array $holders): string
    {
        return "$what by " . self::names($holders)
            . '; try again when it has ended, or wait for it with EE_SITELOCK_WAIT=SECONDS.';
    }

    /** @param Holder[] $holders */
    public static function names(array $holders): string
    {
        return implode(' and ', array_map([self::class, 'name'], $holders)) ?: 'somebody who just left';
    }

    /** What can be known of him: of an ee the label that it gave the lock, of its children the command. */
    private static function name(Holder $holder): string
    {
        if ($holder->getPid() === null) {
            return (string) $holder;
        }
        if ($holder->isInherited()) {
            return sprintf('pid %d ("%s"), which a dead ee has left behind', $holder->getPid(), $holder->getCommand());
        }
        if ($holder->getSince() === null || $holder->getLabel() === '') {
            return sprintf('pid %d ("%s")', $holder->getPid(), $holder->getCommand());
        }
        $age = self::duration(microtime(true) - $holder->getSince());
        return sprintf('pid %d ("%s") for %s', $holder->getPid(), $holder->getLabel(), $age);
    }

    private static function duration(float $seconds): string
    {
        foreach (['h' => 3600, 'min' => 60] as $unit => $length) {
            if ($seconds >= 2 * $length) {
                return intdiv((int) $seconds, $length) . " $unit";
            }
        }
        return max(0, (int) $seconds) . ' s';
    }
}
