<?php

declare(strict_types=1);

namespace Sitelock\Cli;

use Sitelock\FileLock;

/** What lock files say to people, read without taking the lock. docs/file-lock.md has the format. */
final class LockFile
{
    private const MAGIC = 'sitelock 1 ';
    private const RECORD_MAX = 2048;

    /** Is there something in it that somebody may want to keep? A power cut can leave zeros instead of a record. */
    public static function holdsData(string $path): bool
    {
        $bytes = self::firstBytes($path);
        if ($bytes === '' || self::isRecord($bytes)) {
            return false;
        }
        return trim($bytes, "\0 \t\r\n") !== '' || filesize($path) > self::RECORD_MAX;
    }

    /** "" also if it is empty, not there, not for our eyes, or no regular file. */
    public static function firstBytes(string $path): string
    {
        clearstatcache(true, $path);
        if (!is_file($path) || is_link($path)) {
            return '';
        }
        $file = @fopen($path, 'rn'); // n: it may be a FIFO by now
        return $file === false ? '' : (string) @fread($file, self::RECORD_MAX);
    }

    public static function isRecord(string $bytes): bool
    {
        return strncmp($bytes, self::MAGIC, strlen(self::MAGIC)) === 0;
    }

    /**
     * The owners who ended without releasing, oldest first, as far as they can be told without taking
     * the lock.
     *
     * @return Owner[]
     */
    public static function abandonedBy(FileLock $lock): array
    {
        do {
            $bytes = self::firstBytes($lock->getPath());
            $held = $lock->getHolders() !== [];
            // Who releases says so in the file first: the same words twice were said by who is gone.
        } while (!$held && self::firstBytes($lock->getPath()) !== $bytes);

        $owners = self::owners($bytes);
        $latest = array_shift($owners);
        $state = trim((string) substr($bytes, strlen(self::MAGIC), 8));
        if ($latest !== null && ($state === 'failed' || ($state === 'held' && !$held))) {
            $owners[] = $latest->endedBadly();
        }
        return $owners;
    }

    /**
     * Its last exclusive owner, and then those that the record calls abandoned.
     *
     * @return Owner[]
     */
    public static function owners(string $bytes): array
    {
        if (!self::isRecord($bytes)) {
            return [];
        }
        $owners = [];
        foreach (array_slice(explode("\n", rtrim($bytes)), 1) as $line) {
            if (preg_match('/^(?:abandoned )?pid (\d+)\b.* pidns (\d+)$/', $line, $match)) {
                $owners[] = new Owner((int) $match[1], $match[2]);
            } elseif ($owners !== []) {
                end($owners)->note(...array_pad(explode(' ', $line, 2), 2, ''));
            }
        }
        return $owners;
    }
}
