<?php

declare(strict_types=1);

namespace Sitelock\Cli;

/** What is in the directory of a DirectoryLock. docs/directory-lock.md has the names. */
final class LockDirectory
{
    private const RECORD = '/^s1\.[xs]\.[0-9a-f]+\.[0-9a-f]+\.[0-9a-f-]+\.\d+\.[0-9a-f]{32}$/D';
    private const PREPARED = '/\.[0-9a-f]{32}\.tmp$/D';

    /** @return array<string, Owner> by the name of the record; dead or alive */
    public static function owners(string $path): array
    {
        $owners = [];
        foreach (@scandir($path) ?: [] as $name) {
            $said = preg_match(self::RECORD, $name) ? LockFile::owners(LockFile::firstBytes("$path/$name")) : [];
            if ($said !== []) {
                $owners[$name] = $said[0];
            }
        }
        return $owners;
    }

    public static function isRecord(string $path): bool
    {
        return preg_match(self::RECORD, basename($path)) === 1;
    }

    /** Was this directory only prepared by somebody who has not got the lock? */
    public static function isPrepared(string $directory): bool
    {
        return preg_match(self::PREPARED, $directory) === 1;
    }
}
